import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { routedPlan, setUdpBlocked } from '../../lab/stack/net-controls.ts';
import { isPhase, isPrompt } from '../../scripts/story/client-process.ts';
import { FaultLab } from '../faults/fault-lab.ts';

describe('a network that lets no VPN traffic through', () => {
  let lab: FaultLab;
  beforeAll(async () => {
    lab = await FaultLab.start(2, [], { isFullTunnel: true });
  });
  afterAll(() => lab?.stop());
  afterEach(async () => {
    await block(false);
    await lab.reset();
  });
  const block = (isOn: boolean) => setUdpBlocked(routedPlan(lab.file), isOn);
  const told = { problem: { code: 'vpn-blocked', detail: expect.stringContaining('block VPN traffic') } };

  it('is named at a connect, and the connection is there once it lets it through', async () => {
    const member = lab.newMember();
    const codes = await lab.codes(member);
    await lab.signIn(member, codes.previous);
    await block(true);
    const client = lab.client(member.email, 'connect');
    const named = await client.waitFor('it named the network', isPhase('reconnecting'));
    expect(named.event).toMatchObject(told);
    await block(false);
    await client.waitFor('it was connected', isPhase('connected'));
    await lab.expectTraffic();
  });

  it('is named in the middle of a connection, though the server is heard', async () => {
    const member = lab.newMember();
    const { client } = await lab.connected(member);
    const mark = client.seen.length;
    await block(true);
    const named = await client.waitFor('it named the network', isPhase('reconnecting'), mark);
    expect(named.event).toMatchObject({ ...told, channel: 'open' });
    await block(false);
    await client.waitFor('it was connected', isPhase('connected'), client.seen.indexOf(named));
    await lab.expectTraffic();
    expect(client.seen.slice(mark).some(({ event }) => isPrompt()(event))).toBe(false);
  });
});
