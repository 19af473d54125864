import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { roam, routedPlan, setUdpBlocked, setVpnBlocked } from '../../lab/stack/net-controls.ts';
import { gateReason, isPhase, isPrompt } from '../../scripts/story/client-process.ts';
import { helperStatus } from '../../src-shared/helper-rpc.ts';
import { FaultLab } from '../faults/fault-lab.ts';
import { nowNs } from '../faults/traffic.ts';
import { RpcClient } from '../helper/rpc-client.ts';

describe('a network that lets UDP out to the ports of names and web pages alone', () => {
  let lab: FaultLab;
  beforeAll(async () => {
    lab = await FaultLab.start(3, [], { isFullTunnel: true, alternatePorts: [443, 53] });
  });
  afterAll(() => lab?.stop());
  afterEach(async () => {
    await setVpnBlocked(routedPlan(lab.file), false);
    await setUdpBlocked(routedPlan(lab.file), false);
    await lab.reset();
  });
  const isBlocked = ({ event }: { event: unknown }) => JSON.stringify(event).includes('vpn-blocked');
  /** What the helper says of the port in use; undefined for the own one. */
  const alternatePort = async (): Promise<unknown> => {
    const helper = await RpcClient.connect(lab.file.laptop.helperSocket);
    const answer = await helper.call('status');
    await helper.close();
    return helperStatus.parse('result' in answer ? answer.result : null).alternatePort;
  };

  it('is connected through within seconds, and a disconnect ends that as everything', async () => {
    await setVpnBlocked(routedPlan(lab.file), true);
    const member = lab.newMember();
    const codes = await lab.codes(member);
    await lab.signIn(member, codes.previous);
    const client = lab.client(member.email, 'connect');
    const connecting = await client.waitFor('it connected', isPhase('connecting'));
    const connected = await client.waitFor('it was connected', isPhase('connected'));
    await lab.expectTraffic();
    expect(client.seen.some(isBlocked)).toBe(false);
    expect(await alternatePort()).toBe(443);
    console.info(`behind such a network: connected after ${Math.round(connected.at - connecting.at)} ms`);

    const mark = client.seen.length;
    expect(await lab.kick(member, 'From a hotel')).toMatchObject({ answer: { enforced: true, notified: 1 } });
    const gate = await client.waitFor('it showed the gate', isPhase('gate'), mark);
    expect(gateReason(gate.event)).toMatchObject({ message: 'From a hotel' });
    await lab.expectSilence();
    await client.waitFor('it asked for a code', isPrompt('gate'), mark);
    client.type(codes.current);
    const answered = performance.now();
    await client.waitFor('it was connected', isPhase('connected'), mark);
    await lab.expectTraffic();
    console.info(`once more: connected ${Math.round(performance.now() - answered)} ms after the code`);
  });

  it('is come through in the middle of a connection, and left behind with the network', async () => {
    // One that has come through here before would begin with what worked.
    await lab.kill('helper');
    await lab.restart('helper');
    const { client } = await lab.connected(lab.newMember());
    expect(await alternatePort()).toBeUndefined();
    const plan = routedPlan(lab.file);
    const mark = client.seen.length;
    const begin = nowNs();
    await setVpnBlocked(plan, true);
    await lab.until('another port was used', async () => (await alternatePort()) === 443);
    await lab.expectTraffic();
    const gap = async (since: number) => Math.round((await lab.traffic.answered(since)).longestGapMs);
    console.info(`blocked in the middle → no packet for ${await gap(begin)} ms`);
    const left = nowNs();
    await roam(plan, 'cafe');
    await lab.until('the own port was tried', async () => (await alternatePort()) === undefined);
    await lab.until('another port was used', async () => (await alternatePort()) === 443);
    await lab.expectTraffic();
    console.info(`to another one of the kind → no packet for ${await gap(left)} ms`);
    await setVpnBlocked(plan, false);
    await roam(plan, 'home');
    await lab.until('the own port was used', async () => (await alternatePort()) === undefined);
    await lab.expectTraffic();
    expect(client.seen.slice(mark).some((line) => isBlocked(line) || isPrompt()(line.event))).toBe(false);
  });

  it('is named only when no port is left', async () => {
    const member = lab.newMember();
    const codes = await lab.codes(member);
    await lab.signIn(member, codes.previous);
    await setUdpBlocked(routedPlan(lab.file), true);
    const client = lab.client(member.email, 'connect');
    const connecting = await client.waitFor('it connected', isPhase('connecting'));
    const named = await client.waitFor('it named the network', isPhase('reconnecting'));
    expect(isBlocked(named)).toBe(true);
    const waitedMs = Math.round(named.at - connecting.at);
    console.info(`all blocked: named after ${waitedMs} ms`);
    expect(waitedMs).toBeGreaterThan(15_000);
    await setUdpBlocked(routedPlan(lab.file), false);
    await setVpnBlocked(routedPlan(lab.file), true);
    await client.waitFor('it was connected', isPhase('connected'));
    await lab.expectTraffic();
  });
});
