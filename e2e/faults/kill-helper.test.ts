import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { isPhase, isPrompt } from '../../scripts/story/client-process.ts';
import { FaultLab } from './fault-lab.ts';

describe('a helper that is killed', () => {
  let lab: FaultLab;
  beforeAll(async () => {
    lab = await FaultLab.start(4);
  });
  afterAll(() => lab.stop());
  afterEach(() => lab.reset());

  it('while connected leaves nothing, the client says so, and the same lease carries on once it is back', async () => {
    const member = lab.newMember();
    const { client } = await lab.connected(member);
    const peers = await lab.peers();
    const mark = client.seen.length;
    await lab.kill('helper');
    await expect.poll(() => lab.hasTunnelInterface(), { timeout: 5000 }).toBe(false);
    expect(await lab.laptopNetwork()).not.toContain(lab.stack.plan.laptopInterface);
    await lab.expectSilence();
    const told = await client.waitFor('it was reconnecting', isPhase('reconnecting'), mark);
    expect(told.event).toMatchObject({ problem: { code: 'helper-unavailable' }, helper: null });

    const back = client.seen.length;
    await lab.restart('helper');
    await client.waitFor('it was connected again', isPhase('connected'), back);
    await lab.expectTraffic();
    expect(await lab.peers()).toEqual(peers);
    expect(client.seen.slice(mark).some(({ event }) => isPrompt()(event))).toBe(false);
  });

  it('at the gate changes nothing about the gate, and the code works once it is back', async () => {
    const member = lab.newMember();
    const { client, codes } = await lab.connected(member);
    await lab.kick(member);
    await client.waitFor('it asked for a code', isPrompt('gate'));
    const mark = client.seen.length;
    await lab.kill('helper');
    await lab.restart('helper');
    client.type(codes.current);
    await client.waitFor('it was connected', isPhase('connected'), mark);
    await lab.expectTraffic();
  });

  it('while connecting leaves no tunnel, and the lease is used once it is back', async () => {
    const member = lab.newMember();
    const codes = await lab.codes(member);
    await lab.signIn(member, codes.previous);
    lab.signal('gateway', 'SIGSTOP');
    const client = lab.client(member.email, 'connect');
    try {
      await client.waitFor('it was connecting', isPhase('connecting'));
      await expect.poll(() => lab.leases(member), { timeout: 5000 }).toHaveLength(1);
      await lab.kill('helper');
    } finally {
      lab.signal('gateway', 'SIGCONT');
    }
    await client.waitFor('it was reconnecting', isPhase('reconnecting'));
    await lab.until('the interface was gone', async () => !(await lab.hasTunnelInterface()), 5000);
    await lab.restart('helper');
    await client.waitFor('it was connected', isPhase('connected'));
    await lab.expectTraffic();
  });

  it('before a connect is named as what is in the way, and nothing is spent on the try', async () => {
    const member = lab.newMember();
    const codes = await lab.codes(member);
    await lab.signIn(member, codes.previous);
    await lab.kill('helper');
    const refused = lab.client(member.email, 'connect');
    expect(await refused.ended).toBe(6);
    expect(refused.seen.map(({ event }) => event)).toContainEqual(
      expect.objectContaining({
        event: 'error',
        problem: expect.objectContaining({ code: 'helper-unavailable' }),
      }),
    );
    expect(lab.leases(member)).toEqual([]);
    await lab.restart('helper');
    // Nothing was spent on the try: the code of the sign-in still counts.
    const client = lab.client(member.email, 'connect');
    await client.waitFor('it was connected', isPhase('connected'));
    await lab.expectTraffic();
  });
});
