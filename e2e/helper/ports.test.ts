import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { alternatePortsText } from '../../src-gateway/alternate-ports.ts';
import { tableName } from '../../src-gateway/table-name.ts';
import type { HelperStatus } from '../../src-shared/helper-rpc.ts';
import { HelperBench } from './helper-bench.ts';
import type { RpcClient } from './rpc-client.ts';

const OWN = 51_820;

describe('a network that lets some UDP ports through alone', () => {
  const bench = new HelperBench();
  let client: RpcClient;

  const nft = async (text: string) => {
    const script = `nft -f - <<'END'\n${text}\nEND`;
    await bench.run('ip', 'netns', 'exec', bench.gateway, 'sh', '-c', script);
  };
  /** The router on the way passes on what goes to the gateway at these ports, and no other UDP. */
  const letThrough = (...ports: number[]) =>
    nft(`table inet router\ndelete table inet router\ntable inet router {
      chain way { type filter hook prerouting priority -350; policy accept;
        iifname "v${bench.id}g" udp dport != { ${ports.join()} } drop
      }
    }`);
  const router = (host: number) =>
    bench.ip('route', 'replace', 'default', 'via', `192.0.2.${host}`, 'dev', `v${bench.id}l`);
  const ports = { alternatePorts: [443, 53] };
  const up = async () => {
    const { params } = await bench.lease(undefined, ports);
    const since = performance.now();
    expect(await client.call('up', params)).toMatchObject({ result: { phase: 'starting' } });
    return answered(since);
  };
  /** The first status in which the gateway has answered, and how long it took. */
  const answered = async (since: number): Promise<{ status: HelperStatus; tookMs: number }> => {
    const isNew = ({ phase, lastHandshakeAt }: HelperStatus) => phase === 'up' && lastHandshakeAt !== null;
    const { status, at } = await client.change(isNew, since);
    expect((await bench.probe('10.77.0.1', 5)).received).toBe(5);
    return { status, tookMs: Math.round(at - since) };
  };
  const refresh = async () => {
    const since = performance.now();
    expect(await client.call('refresh')).toMatchObject({ result: { lastHandshakeAt: null } });
    return answered(since);
  };

  beforeAll(async () => {
    await bench.start();
    await bench.trust();
    const gateway = { interfaceName: 'tunnel', listenPort: OWN };
    await nft(`table inet ${tableName('tunnel')} {\n}\n${alternatePortsText(gateway, [443, 53])}`);
  });
  afterAll(() => bench.close());
  beforeEach(async () => {
    await router(2);
    await bench.startHelper();
    client = await bench.connect();
  });
  afterEach(async () => {
    await client.close();
    await bench.stopHelper('SIGTERM');
  });

  it('is come through within seconds, at once the next time, and not kept to on another network', async () => {
    await letThrough(53);
    const first = await up();
    expect(first.status).toMatchObject({ alternatePort: 53 });
    expect(first.tookMs).toBeGreaterThan(5_900);
    expect(first.tookMs).toBeLessThan(8_000);
    await client.call('down');
    const second = await up();
    expect(second.status).toMatchObject({ alternatePort: 53 });
    expect(second.tookMs).toBeLessThan(1_000);
    await client.call('down');

    await letThrough(OWN, 443, 53);
    await router(3);
    const elsewhere = await up();
    expect(elsewhere.status).not.toHaveProperty('alternatePort');
    console.info(`third port: ${first.tookMs} ms, remembered: ${second.tookMs} ms`);
  });

  it('is come through in the middle of a connection, when a handshake is asked for, with the counters going on', async () => {
    await letThrough(OWN, 443, 53);
    const { status } = await up();
    expect(status).not.toHaveProperty('alternatePort');
    await letThrough(443);
    expect((await bench.probe('10.77.0.1', 5)).received).toBe(0);
    const moved = await refresh();
    expect(moved.status).toMatchObject({ alternatePort: 443 });
    expect(moved.status.rxBytes).toBeGreaterThan(status.rxBytes);
    expect(moved.tookMs).toBeLessThan(5_000);
    // A lease that takes its place stays there.
    const keys = (await bench.lease(undefined, ports)).keys;
    await client.call('up', (await bench.lease(keys, ports)).params);
    const renewed = await bench.lease(keys, ports);
    const since = performance.now();
    await client.call('up', renewed.params);
    await delay(300);
    expect((await bench.probe('10.77.0.1', 5)).received).toBe(5);
    expect(await client.call('status')).toMatchObject({ result: { phase: 'up', alternatePort: 443 } });
    expect(performance.now() - since).toBeLessThan(2_000);
    console.info(`own port closed: on the next ${moved.tookMs} ms after a refresh`);
  });
});
