import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { gateReason, isPhase, isPrompt } from '../../scripts/story/client-process.ts';
import { FaultLab } from './fault-lab.ts';
import { nowNs } from './traffic.ts';

describe('parts that cannot reach each other', () => {
  let lab: FaultLab;
  beforeAll(async () => {
    lab = await FaultLab.start(3);
  });
  afterAll(() => lab.stop());
  afterEach(() => lab.reset());

  /** Drops, in one namespace, everything from and to the server: what TCP has under way hangs, nothing is refused. */
  const cutFromServer = async (inside: (command: string[]) => Promise<string>) => {
    const { server } = lab.stack.plan;
    await inside(['nft', 'add table inet fault']);
    for (const [hook, match] of [
      ['input', 'saddr'],
      ['output', 'daddr'],
    ]) {
      await inside(['nft', `add chain inet fault ${hook} { type filter hook ${hook} priority 0; }`]);
      await inside(['nft', `add rule inet fault ${hook} ip ${match} ${server} tcp dport 0-65535 drop`]);
    }
    return () => inside(['nft', 'delete table inet fault']);
  };

  it('gateway cut off during a disconnect: 202 after two seconds, enforced once it is back', async () => {
    const member = lab.newMember();
    const { client } = await lab.connected(member);
    const mend = await cutFromServer((command) => lab.onGateway(command));
    const mark = client.seen.length;
    const kicked = await lab.kick(member);
    expect(kicked).toMatchObject({
      status: 202,
      answer: { enforced: false, ended_connections: 1, notified: 1 },
    });
    expect(kicked.tookMs).toBeGreaterThan(1900);
    expect(kicked.tookMs).toBeLessThan(6000);
    // The gateway does not know; the client that keeps to the order is out all the same.
    await client.waitFor('it showed the gate', isPhase('gate'), mark);
    expect(await lab.peers()).toHaveLength(1);
    await mend();
    await lab.until('the gateway had no peer', async () => (await lab.peers()).length === 0);
    await lab.until('a second call said enforced', async () => (await lab.kick(member)).status === 200);
    await lab.expectSilence();
  });

  it('link of the gateway down: the tunnel is dead, the disconnect is enforced when the link is up again', async () => {
    const member = lab.newMember();
    const { client } = await lab.connected(member);
    const mark = client.seen.length;
    await lab.onGateway(['ip', 'link', 'set', 'outside', 'down']);
    await lab.expectSilence();
    expect((await lab.kick(member)).status).toBe(202);
    await client.waitFor('it showed the gate', isPhase('gate'), mark);
    await lab.onGateway(['ip', 'link', 'set', 'outside', 'up']);
    // As the host's own network service does; the kernel has dropped it with the link.
    const via = lab.stack.plan.routed?.coreAtGateways ?? '';
    await lab.onGateway(['ip', 'route', 'add', 'default', 'via', via]);
    await lab.until('the gateway had no peer', async () => (await lab.peers()).length === 0, 60_000);
    await lab.expectSilence();
  });

  it('channel of the client half open: packets stop with the answer, the client hears of it when the path is back', async () => {
    const member = lab.newMember();
    const { client, codes } = await lab.connected(member);
    const mend = await cutFromServer((command) => lab.onLaptop(command));
    const begin = nowNs();
    await sleep(300);
    expect((await lab.traffic.answered(begin)).count).toBeGreaterThan(5);
    const mark = client.seen.length;
    const kicked = await lab.kick(member, 'Half open');
    const answeredAt = nowNs();
    expect(kicked).toMatchObject({ status: 200, answer: { enforced: true } });
    // The socket was open as far as anyone can know: the server cannot tell before two pings are missing.
    expect(kicked.answer.notified + kicked.answer.offline).toBe(1);
    await sleep(700);
    expect((await lab.traffic.delivered(answeredAt)).count).toBe(0);
    expect(await lab.peers()).toEqual([]);
    expect(client.seen.slice(mark).some(({ event }) => isPhase('gate')(event))).toBe(false);
    const [unheard] = lab.query('select notified_at from lease where member_id = ?', member.id);
    expect(unheard).toEqual({ notified_at: null });

    await mend();
    const gate = await client.waitFor('it showed the gate', isPhase('gate'), mark, 60_000);
    expect(gateReason(gate.event)).toMatchObject({ message: 'Half open' });
    await lab.until('the server knew that the client knows', () => {
      const [heard] = lab.query('select notified_at from lease where member_id = ?', member.id);
      return typeof heard?.notified_at === 'number';
    });
    await client.waitFor('it asked for a code', isPrompt('gate'), mark);
    client.type(codes.current);
    await client.waitFor('it was connected', isPhase('connected'), mark);
    await lab.expectTraffic();
  });
});
