import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { gateReason, isPhase, isPrompt } from '../../scripts/story/client-process.ts';
import { FaultLab } from '../faults/fault-lab.ts';
import { nowNs } from '../faults/traffic.ts';

/** Longer than a channel lives whose packets get lost: two missed pings and a half. */
const CHANNEL_LIFE_MS = 30_000;

const hasChannel = (state: string) => (event: Record<string, unknown>) => event.channel === state;

describe('everything through the tunnel, behind a router', () => {
  let lab: FaultLab;
  beforeAll(async () => {
    lab = await FaultLab.start(3, [], { isFullTunnel: true });
  });
  afterAll(() => lab?.stop());
  afterEach(() => lab.reset());

  const gatewayInterface = () => lab.stack.plan.gateways[0]?.interfaceName ?? '';
  const way = (address: string, ...more: string[]) => lab.onLaptop(['ip', 'route', 'get', address, ...more]);

  it('a kick reaches a client that has been connected for a while, and its code gets in again', async () => {
    const member = lab.newMember();
    const { client, codes } = await lab.connected(member);
    const { plan } = lab.stack;
    const internet = plan.routed?.internet4 ?? '';
    expect(await way(internet)).toContain(plan.laptopInterface);
    expect(await way(plan.server)).toContain(plan.laptopInterface);
    const port = new URL(lab.file.serverUrl).port;
    expect(await way(plan.server, 'ipproto', 'tcp', 'dport', port)).toContain('dev eth0');
    await sleep(CHANNEL_LIFE_MS);

    const mark = client.seen.length;
    const kicked = await lab.kick(member, 'Full tunnel');
    const answeredAt = nowNs();
    expect(kicked).toMatchObject({ status: 200, answer: { enforced: true, notified: 1, offline: 0 } });
    const gate = await client.waitFor('it showed the gate', isPhase('gate'), mark, 2000);
    expect(gateReason(gate.event)).toMatchObject({ message: 'Full tunnel' });
    await sleep(300);
    expect((await lab.traffic.delivered(answeredAt)).count).toBe(0);
    expect(await way(internet)).toContain('dev eth0');

    await client.waitFor('it asked for a code', isPrompt('gate'), mark);
    client.type(codes.current);
    await client.waitFor('it was connected', isPhase('connected'), mark);
    await lab.expectTraffic();
  }, 150_000);

  it('where the way to the server is lost all the same, a kick is not shown as connected', async () => {
    // The server believes itself elsewhere, so its real address leads into the tunnel.
    await lab.kill('server', 'SIGTERM');
    const config = path.join(lab.stack.folder, 'server/server.toml');
    writeFileSync(config, `publicAddresses = ["198.51.100.9:443"]\n${readFileSync(config, 'utf8')}`);
    await lab.restart('server');
    await lab.gatewayIsBack();
    const member = lab.newMember();
    const { client } = await lab.connected(member);
    // The lab's gateway would pass it on, as a gateway on the server's own network does: here it is far away.
    await lab.onGateway(['ip', 'route', 'replace', 'blackhole', `${lab.stack.plan.server}/32`, 'table', '7']);
    await lab.onGateway(['ip', 'rule', 'add', 'iif', gatewayInterface(), 'lookup', '7']);
    try {
      const lost = client.seen.length;
      await client.waitFor('it said that the server was away', hasChannel('connecting'), lost, 60_000);
      await lab.expectTraffic();
      const mark = client.seen.length;
      expect(await lab.kick(member)).toMatchObject({ status: 200, answer: { enforced: true } });
      const told = await client.waitFor('it was reconnecting', isPhase('reconnecting'), mark, 60_000);
      await sleep(3000);
      expect(
        client.seen.slice(client.seen.indexOf(told)).some(({ event }) => isPhase('connected')(event)),
      ).toBe(false);
    } finally {
      await lab.onGateway(['ip', 'rule', 'del', 'iif', gatewayInterface(), 'lookup', '7']);
    }
  }, 240_000);
});
