import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { renewLease } from '../../lab/stack/dhcp.ts';
import { counters, roam, routedPlan } from '../../lab/stack/net-controls.ts';
import { gateReason, isPhase, isPrompt } from '../../scripts/story/client-process.ts';
import { FaultLab } from '../faults/fault-lab.ts';
import { nowNs } from '../faults/traffic.ts';

describe.each([
  ['the team alone', false],
  ['everything', true],
])('a laptop that is carried to another network, with %s in the tunnel', (_, isFullTunnel) => {
  let lab: FaultLab;
  beforeAll(async () => {
    lab = await FaultLab.start(2, [], { isFullTunnel, hasDhcp: true });
  });
  afterAll(() => lab?.stop());
  afterEach(() => lab.reset());

  const udpAt = async (hop: string) => {
    const found = await counters(routedPlan(lab.file));
    return found.find((counter) => counter.hop === hop && counter.name === 'from_lan_udp')?.packets ?? -1;
  };

  it('goes on without a code, by the other router, and is thrown out there', async () => {
    const plan = routedPlan(lab.file);
    const member = lab.newMember();
    const { client, codes } = await lab.connected(member);
    expect(await udpAt('cafe')).toBe(0);
    const [peer] = await lab.peers();
    const mark = client.seen.length;
    const begin = nowNs();
    await roam(plan, 'cafe');
    const noticed = await client.waitFor('it noticed', isPhase('reconnecting'), mark);
    const from = client.seen.indexOf(noticed);
    const back = await client.waitFor('it was connected', isPhase('connected'), from);
    await lab.expectTraffic();
    const { longestGapMs } = await lab.traffic.answered(begin);
    console.info(`roam → no packet for ${Math.round(longestGapMs)} ms`);
    expect(await udpAt('cafe')).toBeGreaterThan(0);
    const before = await udpAt('home');
    await lab.expectTraffic();
    expect(await udpAt('home')).toBe(before);
    expect(client.seen.slice(mark).some(({ event }) => isPrompt()(event))).toBe(false);
    expect(await lab.peers()).toEqual([peer]);

    await client.waitFor(
      'the server was heard again',
      ({ channel }) => channel === 'open',
      client.seen.indexOf(back),
    );
    const kickMark = client.seen.length;
    expect(await lab.kick(member, 'On the road')).toMatchObject({
      status: 200,
      answer: { enforced: true, notified: 1 },
    });
    const gate = await client.waitFor('it showed the gate', isPhase('gate'), kickMark);
    expect(gateReason(gate.event)).toMatchObject({ message: 'On the road' });
    await lab.expectSilence();
    await client.waitFor('it asked for a code', isPrompt('gate'), kickMark);
    client.type(codes.current);
    await client.waitFor('it was connected', isPhase('connected'), kickMark);
    await lab.expectTraffic();
    await roam(plan, 'home');
  });

  it('goes on while its address is renewed, and when the router gives it another one', async () => {
    const plan = routedPlan(lab.file);
    const { client } = await lab.connected(lab.newMember());
    const [peer] = await lab.peers();
    for (const address of [undefined, '192.168.77.21', plan.laptop]) {
      const begin = nowNs();
      await renewLease(plan, lab.stack.folder, address);
      await lab.expectTraffic();
      await sleep(500);
      const { longestGapMs } = await lab.traffic.answered(begin);
      console.info(`address ${address ?? 'renewed'} → no packet for ${Math.round(longestGapMs)} ms`);
      expect(await lab.onLaptop(['ip', '-4', '-br', 'addr', 'show', 'eth0'])).toContain(
        address ?? plan.laptop,
      );
    }
    expect(client.seen.some(({ event }) => isPrompt('gate')(event))).toBe(false);
    expect(await lab.peers()).toEqual([peer]);
  });
});
