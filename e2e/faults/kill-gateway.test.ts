import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { isPhase, isPrompt, proofOutcome } from '../../scripts/story/client-process.ts';
import { FaultLab, PATIENCE_MS } from './fault-lab.ts';
import { RawClient } from './raw-client.ts';

describe('a gateway agent that is killed', () => {
  let lab: FaultLab;
  beforeAll(async () => {
    lab = await FaultLab.start(5);
  });
  afterAll(() => lab.stop());
  afterEach(() => lab.reset());

  const hasInterface = async () =>
    (await lab.onGateway(['ip', '-br', 'link'])).includes(lab.stack.plan.gateways[0]?.interfaceName ?? '?');

  it('takes its tunnel with it, and its next start restores who still has a lease and nobody else', async () => {
    const member = lab.newMember();
    const { client } = await lab.connected(member);
    const [peer] = await lab.peers();
    const other = lab.newMember();
    await (await RawClient.signIn(lab, other)).connect();
    expect(await lab.peers()).toHaveLength(2);
    const mark = client.seen.length;
    await lab.kill('gateway');
    await expect.poll(hasInterface, { timeout: 5000 }).toBe(false);
    const silent = await client.waitFor('it named the gateway', isPhase('reconnecting'), mark);
    expect(silent.event).toMatchObject({ problem: { detail: expect.stringContaining('gateway') } });
    await lab.expectSilence();
    const kicked = await lab.kick(other);
    expect(kicked).toMatchObject({ status: 202, answer: { enforced: false, ended_connections: 1 } });

    await lab.restart('gateway');
    await expect.poll(() => lab.peers(), { timeout: 5000 }).toEqual([peer]);
    // At once: WireGuard by itself would wait up to 15 s for an answer in vain (whitepaper §6.2).
    await lab.expectTraffic();
    expect(client.seen.slice(mark).some(({ event }) => isPrompt()(event))).toBe(false);
    await client.waitFor('it was connected', isPhase('connected'), mark);
    expect(await lab.peers()).toEqual([peer]);
    await expect.poll(async () => (await lab.kick(other)).status, { timeout: PATIENCE_MS }).toBe(200);
  });

  it('before a connect is said before a code is asked for, and the connect goes through once it is back', async () => {
    const member = lab.newMember();
    const codes = await lab.codes(member);
    await lab.signIn(member, codes.previous);
    await lab.kill('gateway');
    await lab.gatewayIsMissed();
    const client = lab.client(member.email, 'connect');
    const told = await client.waitFor('it was reconnecting', isPhase('reconnecting'));
    expect(told.event).toMatchObject({ problem: { code: 'gateway-unavailable' } });
    expect(client.seen.some(({ event }) => isPrompt()(event))).toBe(false);
    await lab.restart('gateway');
    await client.waitFor('it was connected', isPhase('connected'));
    await lab.expectTraffic();
  });

  it('at the gate costs no code: the same one gets in once it is back', async () => {
    const member = lab.newMember();
    const { client, codes } = await lab.connected(member);
    await lab.kick(member);
    await client.waitFor('it asked for a code', isPrompt('gate'));
    await lab.kill('gateway');
    // Before that, the server would spend the code and only then find nobody to give the peer to.
    await lab.gatewayIsMissed();
    const typed = client.seen.length;
    client.type(codes.current);
    const judged = await client.waitFor('it was judged', (event) => proofOutcome(event) !== null, typed);
    expect(proofOutcome(judged.event)?.problem?.code).toBe('gateway-unavailable');
    await lab.expectSilence();
    await lab.restart('gateway');
    client.type(codes.current);
    await client.waitFor('it was connected', isPhase('connected'), typed);
    await lab.expectTraffic();
  });

  it('while a client connects lets nobody in, and the next code does once it is back', async () => {
    const member = lab.newMember();
    const codes = await lab.codes(member);
    await lab.signIn(member, codes.previous);
    lab.signal('gateway', 'SIGSTOP');
    const client = lab.client(member.email, 'connect');
    await client.waitFor('it was connecting', isPhase('connecting'));
    await expect.poll(() => lab.leases(member), { timeout: 5000 }).toHaveLength(1);
    await lab.kill('gateway');
    const told = await client.waitFor('it was reconnecting', isPhase('reconnecting'));
    expect(told.event).toMatchObject({ problem: { code: 'gateway-unavailable' } });
    expect(await lab.hasTunnel()).toBe(false);
    await lab.restart('gateway');
    await client.waitFor('it asked for a code', isPrompt('gate'));
    client.type(codes.current);
    await client.waitFor('it was connected', isPhase('connected'));
    await lab.expectTraffic();
    expect(await lab.peers()).toHaveLength(1);
  });
});
