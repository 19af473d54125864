import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { gateReason, isPhase, isPrompt } from '../../scripts/story/client-process.ts';
import { FaultLab } from './fault-lab.ts';
import { nowNs } from './traffic.ts';

describe('a client that is killed', () => {
  let lab: FaultLab;
  beforeAll(async () => {
    lab = await FaultLab.start(4);
  });
  afterAll(() => lab.stop());
  afterEach(() => lab.reset());

  it('while it signs in has left nothing that is in the way of the next sign-in', async () => {
    const member = lab.newMember();
    const killed = lab.client(member.email, 'sign-in', '--email', member.email);
    await killed.waitFor('it asked for the password', isPrompt('password'));
    killed.type(member.password);
    await killed.waitFor('it asked for a code', isPrompt('sign-in'));
    killed.kill('SIGKILL');
    await killed.ended;
    await lab.connected(member);
  });

  it('while connected has its tunnel down within two seconds, and its next start replaces the lease', async () => {
    const member = lab.newMember();
    const { client, codes } = await lab.connected(member);
    const [peer] = await lab.peers();
    client.kill('SIGKILL');
    const killedAt = nowNs();
    await sleep(2000);
    expect(await lab.hasTunnel()).toBe(false);
    await sleep(500);
    expect((await lab.traffic.delivered(killedAt + 2e9)).count).toBe(0);
    // Nobody ended the lease: it is the server's to end, when it is idle or when the device comes back.
    expect(await lab.peers()).toEqual([peer]);

    const next = lab.client(member.email, 'connect');
    await next.waitFor('it asked for a code', isPrompt('gate'));
    next.type(codes.current);
    await next.waitFor('it was connected', isPhase('connected'));
    await lab.expectTraffic();
    const peers = await lab.peers();
    expect(peers).toHaveLength(1);
    expect(peers).not.toContain(peer);
  });

  it('at the gate finds the gate with the same reason at its next start', async () => {
    const member = lab.newMember();
    const { client, codes } = await lab.connected(member);
    expect((await lab.kick(member)).status).toBe(200);
    await client.waitFor('it showed the gate', isPhase('gate'));
    client.kill('SIGKILL');
    await client.ended;
    await lab.expectSilence();
    const next = lab.client(member.email, 'connect');
    const gate = await next.waitFor('it showed the gate', isPhase('gate'));
    expect(gateReason(gate.event)).toMatchObject({ message: 'Sign-in from a new country' });
    await lab.expectSilence();
    await next.waitFor('it asked for a code', isPrompt('gate'));
    next.type(codes.current);
    await next.waitFor('it was connected', isPhase('connected'));
    await lab.expectTraffic();
  });

  it('while connecting leaves no tunnel, and one lease at most after its next start', async () => {
    const member = lab.newMember();
    const codes = await lab.codes(member);
    await lab.signIn(member, codes.previous);
    lab.signal('gateway', 'SIGSTOP');
    const killed = lab.client(member.email, 'connect');
    try {
      await killed.waitFor('it was connecting', isPhase('connecting'));
      await expect.poll(() => lab.leases(member), { timeout: 5000 }).toHaveLength(1);
      killed.kill('SIGKILL');
      await killed.ended;
    } finally {
      lab.signal('gateway', 'SIGCONT');
    }
    expect(killed.seen.some(({ event }) => isPhase('connected')(event))).toBe(false);
    expect(await lab.hasTunnel()).toBe(false);
    await lab.expectSilence();
    const next = lab.client(member.email, 'connect');
    await next.waitFor('it asked for a code', isPrompt('gate'));
    next.type(codes.current);
    await next.waitFor('it was connected', isPhase('connected'));
    await lab.expectTraffic();
    await expect.poll(() => lab.peers(), { timeout: 5000 }).toHaveLength(1);
  });
});
