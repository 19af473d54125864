import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createConnection } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TUNNEL_MARK } from '../../src-helper/linux/network-plan.ts';
import { generateWgKeyPair } from '../../src-node/wireguard/key-pair.ts';
import { HelperBench } from './helper-bench.ts';
import { type RpcClient, refusal } from './rpc-client.ts';

const NOBODY = 65_534;

describe('helper', () => {
  const bench = new HelperBench();
  let before: string;
  const clients: RpcClient[] = [];
  const connect = async () => {
    const client = await bench.connect();
    clients.push(client);
    return client;
  };
  const until = async (isTrue: () => Promise<boolean>) => {
    for (let tries = 0; !(await isTrue()); tries++) {
      if (tries > 200) throw new Error('it does not come true');
      await delay(20);
    }
  };

  /** Rules and routes that a tunnel which is down has left. */
  const leftovers = async () => {
    const table = `table ${TUNNEL_MARK}`;
    const lines = (await bench.network()).split('\n');
    return lines.filter((line) => line.includes(table) || /proto (112|0x70)/.test(line)).join('\n');
  };

  /** The tunnel's interface is there for as long as a helper runs. */
  const notOurs = (network: string) =>
    network
      .split('\n')
      .filter((line) => !line.includes(bench.interfaceName))
      .join('\n');

  beforeAll(async () => {
    await bench.start();
    before = await bench.network();
    await bench.trust();
  });
  afterAll(() => bench.close());
  beforeEach(() => bench.startHelper());
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await bench.stopHelper('SIGTERM');
    expect(await bench.network()).toBe(before);
    expect(existsSync(bench.socketPath)).toBe(false);
  });

  it('carries packets of both families from up to down, and says when the first byte came', async () => {
    const client = await connect();
    expect(await client.call('status')).toMatchObject({
      result: { phase: 'down', guard: { mode: 'off', holds: 'nothing' } },
    });
    expect((await bench.probe()).received).toBe(0);
    const { claims, params } = await bench.lease();
    expect(await client.call('up', params)).toMatchObject({
      result: { phase: 'starting', leaseId: claims.jti, rxBytes: 0, dns: 'none' },
    });
    const { status } = await client.change(({ phase }) => phase === 'up');
    expect(status.rxBytes).toBeGreaterThan(0);
    expect((await bench.probe('10.77.0.1', 5)).received).toBe(5);
    expect((await bench.probe('fd77::1', 5)).received).toBe(5);
    await client.change(({ lastHandshakeAt, txBytes }) => lastHandshakeAt !== null && txBytes > 500);
    expect(await client.call('down')).toMatchObject({ result: { phase: 'down', rxBytes: 0 } });
    expect(await bench.ip('route')).not.toContain('10.77.0.0');
    expect((await bench.probe()).received).toBe(0);
  });

  it('shakes hands at once, without traffic and with a keepalive of 0', async () => {
    const client = await connect();
    const { params } = await bench.lease(generateWgKeyPair(), { keepaliveSeconds: 0 });
    await client.call('up', params);
    await client.change(({ phase }) => phase === 'up');
  });

  it('refuses a lease that was taken down by order, and an older epoch', async () => {
    const client = await connect();
    const first = await bench.lease(generateWgKeyPair(), {}, { epoch: 5 });
    expect(refusal(await client.call('up', first.params))).toBeNull();
    await client.call('down');
    expect(refusal(await client.call('up', first.params))).toBe('lease-invalid');
    const older = await bench.lease(generateWgKeyPair(), {}, { epoch: 4 });
    expect(refusal(await client.call('up', older.params))).toBe('lease-invalid');
    bench.deviceId = randomUUID();
  });

  it('takes the tunnel down when the controlling client is killed', async () => {
    const watcher = await connect();
    const { child, line } = bench.clientProcess();
    const { params } = await bench.lease();
    child.stdin?.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'up', params })}\n`);
    await watcher.change(({ phase }) => phase === 'up');
    expect(await line()).toMatchObject({ method: 'changed' });
    const killedAt = performance.now();
    child.kill('SIGKILL');
    const down = await watcher.change(({ phase }) => phase === 'down', killedAt);
    expect(down.at - killedAt).toBeLessThan(2000);
    expect(await bench.ip('route')).not.toContain('10.77.0.0');
  });

  it('goes on with its tunnel at SIGHUP', async () => {
    const client = await connect();
    const { params } = await bench.lease();
    await client.call('up', params);
    await client.change(({ phase }) => phase === 'up');
    bench.signalHelper('SIGHUP');
    expect((await bench.probe('10.77.0.1', 5)).received).toBe(5);
    expect(await client.call('status')).toMatchObject({ result: { phase: 'up' } });
  });

  it('lets one connection control, and every allowed one ask', async () => {
    const [owner, other] = [await connect(), await connect()];
    const { params } = await bench.lease();
    expect(refusal(await owner.call('up', params))).toBeNull();
    // An address of its own: the gateway would hand the owner's to the newest peer.
    const rival = await bench.lease(generateWgKeyPair(), { addresses: ['10.77.0.3/32'] });
    expect(refusal(await other.call('up', rival.params))).toBe('controller-busy');
    expect(refusal(await other.call('down'))).toBe('controller-busy');
    expect(refusal(await other.call('refresh'))).toBe('controller-busy');
    expect(await other.call('status')).toMatchObject({ result: { leaseId: expect.any(String) } });
    await other.close();
    expect((await bench.probe()).received).toBe(1);
    await owner.call('down');
    const third = await connect();
    expect(refusal(await third.call('up', rival.params))).toBeNull();
  });

  it('names the line that trusts a server, and knows the server as soon as it is run', async () => {
    const client = await connect();
    const { params } = await bench.lease();
    await bench.cli('untrust', 'https://vpn.test', '--trusted-servers', bench.trustedServers);
    const refused = await client.call('up', params);
    const command = `sudo postern-helper trust '${bench.serverKeyLine()}'`;
    expect(refused).toMatchObject({ error: { data: { code: 'untrusted-server', command } } });
    await bench.trust();
    const { stdout } = await bench.cli('list', '--trusted-servers', bench.trustedServers);
    expect(stdout).toContain('https://vpn.test');
    expect(refusal(await client.call('up', params))).toBeNull();
  });

  it('renews with the same key without losing a packet', async () => {
    const client = await connect();
    const { keys, claims, params } = await bench.lease();
    await client.call('up', params);
    await client.change(({ phase }) => phase === 'up');
    const probe = bench.probe('10.77.0.1', 1000, 1);
    for (let renewal = 0; renewal < 5; renewal++) {
      await delay(100);
      const next = await bench.lease(keys);
      expect(next.claims.wg.presharedKey).not.toBe(claims.wg.presharedKey);
      const renewedAt = performance.now();
      expect(await client.call('up', next.params)).toMatchObject({
        result: { phase: 'up', leaseId: next.claims.jti },
      });
      await client.change(({ leaseId }) => leaseId === next.claims.jti, renewedAt);
    }
    expect((await probe).received).toBe(1000);
    expect(client.changes.every(({ status }) => status.phase !== 'down')).toBe(true);
  });

  it('replaces a lease for another key and keeps control', async () => {
    const client = await connect();
    await client.call('up', (await bench.lease()).params);
    await client.change(({ phase }) => phase === 'up');
    const at = performance.now();
    const next = await bench.lease(generateWgKeyPair(), {
      addresses: ['10.77.0.9/24'],
      allowedIps: ['10.77.0.1/32'],
    });
    await client.call('up', next.params);
    await client.change(({ phase, leaseId }) => phase === 'up' && leaseId === next.claims.jti, at);
    expect((await bench.probe()).received).toBe(1);
    const addresses = await bench.ip('addr', 'show', 'dev', bench.interfaceName);
    expect(addresses).toContain('10.77.0.9/24');
    expect(addresses).not.toContain('10.77.0.2');
    expect(await bench.ip('route', 'show', 'table', 'all')).not.toContain('10.77.0.0/24');
  });

  it('takes the tunnel down by itself when the lease runs out', async () => {
    const client = await connect();
    const exp = Math.floor(Date.now() / 1000) + 3;
    const { params } = await bench.lease(generateWgKeyPair(), {}, { exp });
    await client.call('up', params);
    await client.change(({ phase }) => phase === 'up');
    const down = await client.change(({ phase }) => phase === 'down');
    expect(Date.now()).toBeGreaterThanOrEqual(exp * 1000);
    expect(down.status.leaseId).toBeUndefined();
    expect(await bench.ip('route')).not.toContain('10.77.0.0');
    expect(refusal(await client.call('up', params))).toBe('lease-expired');
  });

  it('sends everything but its own packets through a full tunnel', async () => {
    const client = await connect();
    const { params } = await bench.lease(generateWgKeyPair(), { allowedIps: ['0.0.0.0/0', '::/0'] });
    await client.call('up', params);
    await client.change(({ phase }) => phase === 'up');
    expect((await bench.probe('10.77.0.1', 3)).received).toBe(3);
    expect((await bench.probe('fd77::1', 3)).received).toBe(3);
    expect(await bench.ip('route', 'get', '198.51.100.7')).toContain(bench.interfaceName);
    expect(await bench.ip('-6', 'route', 'get', '2001:db8::7')).toContain(bench.interfaceName);
    expect(await bench.ip('route', 'get', '192.0.2.2')).not.toContain(bench.interfaceName);
    await client.call('down');
    expect(await leftovers()).toBe('');
    await expect(bench.ip('route', 'get', '198.51.100.7')).rejects.toThrow('unreachable');
  });

  it('hears the gateway through a full tunnel where the reverse path is filtered strictly', async () => {
    const strict = (value: string) => bench.setting('net/ipv4/conf/all/rp_filter', value);
    const tables = async () =>
      (await bench.run('ip', 'netns', 'exec', bench.laptop, 'nft', 'list', 'tables')).stdout;
    await strict('1');
    const client = await connect();
    await client.call('up', (await bench.lease(generateWgKeyPair(), { allowedIps: ['0.0.0.0/0'] })).params);
    await client.change(({ phase }) => phase === 'up');
    expect((await bench.probe('10.77.0.1', 3)).received).toBe(3);
    expect(await tables()).toContain('postern_helper');
    await bench.stopHelper('SIGKILL');
    await bench.startHelper();
    expect(await tables()).toBe('');
    const next = await connect();
    await next.call('up', (await bench.lease(generateWgKeyPair(), { allowedIps: ['0.0.0.0/0'] })).params);
    await next.change(({ phase }) => phase === 'up');
    await next.call('down');
    expect(await tables()).toBe('');
    await strict('0');
  });

  it('keeps its own packets out of a tunnel whose networks hold the gateway', async () => {
    const client = await connect();
    const { params } = await bench.lease(generateWgKeyPair(), {
      allowedIps: ['192.0.2.0/28', '10.77.0.1/32'],
    });
    await client.call('up', params);
    await client.change(({ phase }) => phase === 'up');
    expect((await bench.probe()).received).toBe(1);
    const way = (address: string, ...more: string[]) => bench.ip('route', 'get', address, ...more);
    expect(await way('192.0.2.2', 'mark', String(TUNNEL_MARK))).not.toContain(bench.interfaceName);
    for (const address of ['192.0.2.2', '192.0.2.7'])
      expect(await way(address)).toContain(bench.interfaceName);
    expect(refusal(await client.call('up', params))).toBeNull();
    await client.call('down');
    expect(await bench.network()).not.toContain('192.0.2.2 ');
  });

  it('follows the main table with its own packets, wherever that leads', async () => {
    const client = await connect();
    const { params } = await bench.lease(generateWgKeyPair(), { allowedIps: ['0.0.0.0/0'] });
    await client.call('up', params);
    await client.change(({ phase }) => phase === 'up');
    const way = () => bench.ip('route', 'get', '192.0.2.2', 'mark', String(TUNNEL_MARK));
    expect(await way()).not.toContain(' via ');
    // As after a roam: the gateway is behind another hop now.
    await bench.ip('route', 'add', '192.0.2.2/32', 'via', '192.0.2.9', 'dev', `v${bench.id}l`);
    expect(await way()).toContain('via 192.0.2.9');
    await bench.ip('route', 'del', '192.0.2.2/32');
    expect((await bench.probe('10.77.0.1', 3)).received).toBe(3);
  });

  it.each([
    ['a full tunnel', ['0.0.0.0/0', '::/0'], '198.51.100.5'],
    ['a network that holds the server', ['192.0.2.0/28', '10.77.0.0/24'], '192.0.2.5'],
  ])(
    'keeps the way to the server outside of %s: TCP, that port, nothing else',
    async (_, allowedIps, server) => {
      const client = await connect();
      await bench.ip('route', 'add', 'default', 'via', '192.0.2.9', 'dev', `v${bench.id}l`);
      const control = [`${server}:443`];
      const { params } = await bench.lease(generateWgKeyPair(), { allowedIps }, { control });
      await client.call('up', params);
      await client.change(({ phase }) => phase === 'up');
      const way = (...to: string[]) => bench.ip('route', 'get', server, ...to);
      const toServer = ['ipproto', 'tcp', 'dport', '443'];
      expect(await way(...toServer)).toContain(`dev v${bench.id}l`);
      for (const other of [['ipproto', 'tcp', 'dport', '444'], ['ipproto', 'udp', 'dport', '443'], []])
        expect(await way(...other)).toContain(bench.interfaceName);
      await bench.ip('route', 'del', 'default');
      // Between two networks there is no way to it, and none through the tunnel; another table is as good as main.
      if (server === '198.51.100.5') {
        await expect(way(...toServer)).rejects.toThrow('unreachable');
        await bench.ip('route', 'add', 'default', 'via', '192.0.2.9', 'table', '77');
        await bench.ip('rule', 'add', 'priority', '40000', 'lookup', '77');
        expect(await way(...toServer)).toContain(`via 192.0.2.9 dev v${bench.id}l`);
        await bench.ip('rule', 'del', 'priority', '40000');
        await bench.ip('route', 'flush', 'table', '77');
      }
      expect(await way()).toContain(bench.interfaceName);
      await client.call('down');
      expect(await leftovers()).toBe('');
    },
  );

  it('has no way at all for a family in which the tunnel has no address', async () => {
    const client = await connect();
    const link = ['dev', `v${bench.id}l`];
    await bench.ip('addr', 'add', '2001:db8:77::20/64', ...link, 'nodad');
    await bench.ip('route', 'add', '::/0', 'via', '2001:db8:77::fe', ...link);
    const way = () => bench.ip('route', 'get', '2001:db8:200::200');
    expect(await way()).toContain('via 2001:db8:77::fe');
    const only4 = { allowedIps: ['0.0.0.0/0', '::/0'], addresses: ['10.77.0.2/32'] };
    await client.call('up', (await bench.lease(generateWgKeyPair(), only4)).params);
    await client.change(({ phase }) => phase === 'up');
    await expect(way()).rejects.toThrow('No route to host');
    expect(await bench.ip('route', 'get', '2001:db8:77::30')).toContain(`v${bench.id}l`);
    await bench.stopHelper('SIGKILL');
    await bench.startHelper();
    expect(await way()).toContain('via 2001:db8:77::fe');
    await bench.ip('route', 'del', '::/0');
    await bench.ip('addr', 'del', '2001:db8:77::20/64', ...link);
  });

  it('shakes hands anew when it is asked to, counts on, and says when the gateway is silent', async () => {
    const client = await connect();
    await client.call('up', (await bench.lease()).params);
    await client.change(({ phase, lastHandshakeAt }) => phase === 'up' && lastHandshakeAt !== null);
    expect((await bench.probe('10.77.0.1', 20)).received).toBe(20);
    const counted = await client.change(({ rxBytes }) => rxBytes > 500);
    const at = performance.now();
    expect(await client.call('refresh')).toMatchObject({
      result: { phase: 'up', lastHandshakeAt: null, rxBytes: counted.status.rxBytes },
    });
    const { status } = await client.change(({ lastHandshakeAt }) => lastHandshakeAt !== null, at);
    expect(status.rxBytes).toBeGreaterThan(counted.status.rxBytes);
    expect((await bench.probe('10.77.0.1', 5)).received).toBe(5);
    await bench.ip('link', 'set', `v${bench.id}l`, 'down');
    const silentSince = performance.now();
    await client.call('refresh');
    await delay(1500);
    const heard = client.changes.filter((change) => change.at > silentSince);
    expect(heard.every(({ status: { lastHandshakeAt } }) => lastHandshakeAt === null)).toBe(true);
    await bench.ip('link', 'set', `v${bench.id}l`, 'up');
    // The kernel says that a link is up, and has its routes, some moments after it is.
    await client.call('down');
    await until(async () => notOurs(await bench.network()) === before);
  });

  it('leaves a network that this computer is on to itself, says so, and brings up the rest', async () => {
    const client = await connect();
    const { params } = await bench.lease(generateWgKeyPair(), {
      allowedIps: ['10.77.0.0/24', '192.0.2.0/24'],
    });
    expect(await client.call('up', params)).toMatchObject({ result: { overlaps: ['192.0.2.0/24'] } });
    await client.change(({ phase }) => phase === 'up');
    expect((await bench.probe()).received).toBe(1);
    expect(await bench.ip('route', 'get', '192.0.2.77')).not.toContain(bench.interfaceName);
    // A default route of the tunnel does not take it in after all.
    const full = await bench.lease(generateWgKeyPair(), { allowedIps: ['0.0.0.0/0', '192.0.2.0/24'] });
    expect(await client.call('up', full.params)).toMatchObject({ result: { overlaps: ['192.0.2.0/24'] } });
    expect(await bench.ip('route', 'get', '192.0.2.77')).not.toContain(bench.interfaceName);
    expect(await bench.ip('route', 'get', '198.51.100.7')).toContain(bench.interfaceName);
    await client.call('down');
    expect(await leftovers()).toBe('');
  });

  it('gives a network of both to the side that the user names, for one connection', async () => {
    const client = await connect();
    const way = () => bench.ip('route', 'get', '192.0.2.77');
    const local = { overlaps: ['192.0.2.0/24'], overlapSide: 'local' };
    const team = { overlaps: ['192.0.2.0/24'], overlapSide: 'team' };
    // Where the lease has nothing but this network.
    const all = await bench.lease(generateWgKeyPair(), { allowedIps: ['192.0.2.0/24'] });
    expect(refusal(await client.call('overlap', { side: 'team' }))).toBe('wrong-state');
    expect(await client.call('up', all.params)).toMatchObject({ result: local });
    expect(await client.call('overlap', { side: 'team' })).toMatchObject({ result: team });
    await client.change(({ phase }) => phase === 'up');
    expect(await way()).toContain(bench.interfaceName);
    expect(await client.call('overlap', { side: 'local' })).toMatchObject({ result: local });
    expect(await way()).not.toContain(bench.interfaceName);
    await client.call('down');
    expect(await leftovers()).toBe('');
    // A part of a network of the team.
    const some = await bench.lease(generateWgKeyPair(), { allowedIps: ['10.77.0.0/24', '192.0.0.0/16'] });
    expect(await client.call('up', some.params)).toMatchObject({ result: local });
    expect(await way()).not.toContain(bench.interfaceName);
    expect(await client.call('overlap', { side: 'team' })).toMatchObject({ result: team });
    expect(await way()).toContain(bench.interfaceName);
    await client.change(({ phase }) => phase === 'up');
    expect((await bench.probe()).received).toBe(1);
    await client.call('down');
    const next = await bench.lease(generateWgKeyPair(), { allowedIps: ['10.77.0.0/24', '192.0.0.0/16'] });
    expect(await client.call('up', next.params)).toMatchObject({ result: local });
  });

  it('hears of a network that the computer has come to when it is asked to shake hands', async () => {
    const client = await connect();
    const link = ['dev', `v${bench.id}l`];
    const { params } = await bench.lease(generateWgKeyPair(), {
      allowedIps: ['10.77.0.0/24', '172.20.0.0/16'],
    });
    await client.call('up', params);
    await client.change(({ phase }) => phase === 'up');
    for (const [address, network] of [
      ['172.20.9.5/24', '172.20.9.0/24'],
      ['172.20.0.5/16', '172.20.0.0/16'],
    ] as const) {
      await bench.ip('addr', 'add', address, ...link);
      expect(await client.call('refresh')).toMatchObject({ result: { overlaps: [network] } });
      expect(await bench.ip('route', 'get', '172.20.9.9')).not.toContain(bench.interfaceName);
      await bench.ip('addr', 'del', address, ...link);
    }
    const { result } = (await client.call('refresh')) as { result: object };
    expect(result).not.toHaveProperty('overlaps');
  });

  it.each([
    ['split', ['10.77.0.0/24', '172.20.9.0/24']],
    ['full', ['0.0.0.0/0', '172.20.9.0/24']],
  ])('takes a network into a %s tunnel once this computer has left it', async (_, allowedIps) => {
    const client = await connect();
    const link = ['dev', `v${bench.id}l`];
    await bench.ip('addr', 'add', '172.20.9.5/24', ...link);
    const { params } = await bench.lease(generateWgKeyPair(), { allowedIps });
    expect(await client.call('up', params)).toMatchObject({ result: { overlaps: ['172.20.9.0/24'] } });
    await client.change(({ phase }) => phase === 'up');
    const way = () => bench.ip('route', 'get', '172.20.9.9');
    expect(await way()).not.toContain(bench.interfaceName);
    await bench.ip('addr', 'del', '172.20.9.5/24', ...link);
    expect(await way()).toContain(bench.interfaceName);
  });

  it('lets nothing of IPv6 past a full tunnel where the system turns it off for new interfaces', async () => {
    const client = await connect();
    const link = ['dev', `v${bench.id}l`];
    await bench.setting('net/ipv6/conf/default/disable_ipv6', '1');
    try {
      await bench.stopHelper('SIGTERM');
      await bench.startHelper();
      const next = await connect();
      await bench.ip('addr', 'add', '2001:db8:77::20/64', ...link, 'nodad');
      await bench.ip('route', 'add', '::/0', 'via', '2001:db8:77::fe', ...link);
      const full = await bench.lease(generateWgKeyPair(), { allowedIps: ['0.0.0.0/0', '::/0'] });
      await next.call('up', full.params);
      await next.change(({ phase }) => phase === 'up');
      expect((await bench.probe('10.77.0.1', 3)).received).toBe(3);
      await expect(bench.ip('route', 'get', '2001:db8:200::200')).rejects.toThrow('No route to host');
    } finally {
      await bench.setting('net/ipv6/conf/default/disable_ipv6', '0');
      await bench.ip('route', 'del', '::/0');
      await bench.ip('addr', 'del', '2001:db8:77::20/64', ...link);
    }
    await client.close();
  });

  it('takes as many networks as a lease may have, one beside the other', async () => {
    const client = await connect();
    const allowedIps = Array.from(
      { length: 64 },
      (_, at) => `10.${100 + (at >> 4)}.${at}.0/${20 + (at % 12)}`,
    );
    const { params } = await bench.lease(generateWgKeyPair(), {
      allowedIps: ['10.77.0.0/24', ...allowedIps],
    });
    expect(refusal(await client.call('up', params))).toBeNull();
    await client.change(({ phase }) => phase === 'up');
    expect(await bench.ip('route', 'get', '10.103.63.1')).toContain(bench.interfaceName);
    await client.call('down');
    expect(await leftovers()).toBe('');
  });

  it.each([
    ['full', ['0.0.0.0/0', '::/0']],
    ['one that holds the gateway', ['192.0.2.0/28', '10.77.0.0/24']],
    ['one that leaves a network to the LAN', ['192.0.2.0/24', '10.77.0.0/24']],
  ])('finds nothing left after kill -9 in a tunnel that is %s', async (_, allowedIps) => {
    const client = await connect();
    await client.call('up', (await bench.lease(generateWgKeyPair(), { allowedIps })).params);
    await client.change(({ phase }) => phase === 'up');
    await bench.stopHelper('SIGKILL');
    // The interface goes with the helper, so nothing is sent into a tunnel that nobody watches.
    await until(async () => !(await bench.ip('-br', 'link')).includes(bench.interfaceName));
    expect(await bench.network()).not.toBe(before);
    await bench.startHelper();
    expect(notOurs(await bench.network())).toBe(before);
    const next = await connect();
    await next.call('up', (await bench.lease()).params);
    await next.change(({ phase }) => phase === 'up');
    expect((await bench.probe()).received).toBe(1);
  });

  it('comes back from the death of wireguard-go', async () => {
    const client = await connect();
    await client.call('up', (await bench.lease()).params);
    await client.change(({ phase }) => phase === 'up');
    const at = performance.now();
    await bench.ip('link', 'delete', bench.interfaceName);
    await client.change(({ phase }) => phase === 'down', at);
    expect(refusal(await client.call('up', (await bench.lease()).params))).toBeNull();
    await client.change(({ phase }) => phase === 'up', at);
    expect((await bench.probe()).received).toBe(1);
  });

  it('takes away what it made, and says that all is well, when its end comes while it starts', async () => {
    await bench.stopHelper('SIGTERM');
    const before = await bench.network();
    await bench.startHelper({ until: 'socket' });
    expect(await bench.stopHelper('SIGTERM')).toBe(0);
    expect(await bench.network()).toBe(before);
  });

  it('answers other connections while one sends rubbish, half a line, or never reads', async () => {
    const good = await connect();
    const rubbish = await connect();
    const parseError = rubbish.answerTo(null);
    rubbish.socket.write('{"jsonrpc":"2.0",\n');
    expect(refusal(await parseError)).toBe(-32_700);
    expect(refusal(await rubbish.call('explode'))).toBe(-32_601);
    expect(refusal(await rubbish.call('up', { lease: 1 }))).toBe(-32_602);
    rubbish.socket.write('{"half":');
    const flood = createConnection(bench.socketPath);
    flood.on('error', () => flood.destroy());
    const line = `${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'status' })}\n`;
    for (let count = 0; count < 20_000; count++) flood.write(line);
    const long = await connect();
    const tooLong = long.answerTo(null);
    long.socket.write('x'.repeat(70_000));
    expect(refusal(await tooLong)).toBe(-32_700);
    await long.closed;
    expect(refusal(await good.call('up', (await bench.lease()).params))).toBeNull();
    await good.change(({ phase }) => phase === 'up');
    flood.destroy();
  });

  it('gives one user a limited number of connections', async () => {
    for (let count = 0; count < 16; count++) await connect();
    const extra = await connect();
    expect(await extra.answerTo(null)).toMatchObject({ error: { data: { code: 'too-many-attempts' } } });
    await extra.closed;
  });

  it('is the only helper on its socket', async () => {
    const second = bench.startHelper({ flags: ['--interface', `x${bench.id}`] });
    await expect(second).rejects.toThrow('does not start');
  });

  describe('callers', () => {
    const asNobody = (...groups: string[]) =>
      bench.clientProcess(
        'setpriv',
        `--reuid=${NOBODY}`,
        `--regid=${NOBODY}`,
        ...(groups.length > 0 ? [`--groups=${groups}`] : ['--clear-groups']),
      );
    const status = `${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'status', params: {} })}\n`;

    it('refuses a user who is not listed', async () => {
      const { child, line } = asNobody();
      child.stdin?.write(status);
      expect(await line()).toMatchObject({ id: null, error: { data: { code: 'caller-not-allowed' } } });
    });

    it('serves a user who is listed', async () => {
      await bench.stopHelper('SIGTERM');
      await bench.startHelper({ flags: ['--allow-uid', String(NOBODY)] });
      const { child, line } = asNobody();
      child.stdin?.write(status);
      expect(await line()).toMatchObject({ id: 1, result: { phase: 'down' } });
    });

    it('serves a member of the group, and nobody else gets as far as the socket', async () => {
      await bench.stopHelper('SIGTERM');
      await bench.startHelper({ flags: ['--group', 'daemon'] });
      const member = asNobody('1');
      member.child.stdin?.write(status);
      expect(await member.line()).toMatchObject({ id: 1, result: { phase: 'down' } });
      expect(await asNobody().line()).toMatchObject({ failed: expect.stringContaining('EACCES') });
    });
  });
});
