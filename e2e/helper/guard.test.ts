import { spawn } from 'node:child_process';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { HelperStatus } from '../../src-shared/helper-rpc.ts';
import { GuardBench, places } from './guard-bench.ts';
import { type RpcClient, refusal } from './rpc-client.ts';

const NOBODY = '65534';
const everything = Object.keys(places);
const allButTeam = ['lan', 'internet4', 'internet6'];
const resolver = '192.168.77.2';

describe('guard', () => {
  const bench = new GuardBench();
  const clients: RpcClient[] = [];
  const state = join(bench.directory, 'state');
  const connect = async () => {
    const client = await bench.connect();
    clients.push(client);
    return client;
  };
  const guardOf = async (client: RpcClient) => {
    const answer = await client.call('status');
    return 'result' in answer ? (answer.result as { guard: Record<string, unknown> }).guard : null;
  };
  const until = async (isTrue: () => Promise<boolean>, tries = 250) => {
    for (let tried = 0; !(await isTrue()); tried++) {
      if (tried > tries) throw new Error('it does not come true');
      await delay(100);
    }
  };
  /** The next line that answers a call; changes come between. */
  const answer = async (
    from: ReturnType<typeof bench.clientProcess>,
  ): Promise<Parameters<typeof refusal>[0]> => {
    for (;;) {
      const line = (await from.line()) as Parameters<typeof refusal>[0] & { id?: number };
      if (line.id !== undefined) return line;
    }
  };
  const root = (...args: string[]) =>
    bench.run('ip', 'netns', 'exec', bench.laptop, 'node_modules/.bin/node', 'src-helper/cli.ts', ...args);
  const release = () => root('release', '--socket', bench.socketPath, '--state-dir', state);

  beforeAll(async () => {
    await bench.start();
    await bench.trust();
  });
  afterAll(() => bench.close());
  beforeEach(() => bench.startHelper({ flags: ['--allow-uid', '0', '--allow-uid', NOBODY] }));
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await bench.stopHelper('SIGTERM');
    await release();
    expect(await bench.table()).toBe('');
    expect(await bench.leaks()).toEqual({ laptop: everything, container: everything });
  });

  it('off: a tunnel comes and goes, and the packet filter is not touched', async () => {
    const client = await connect();
    const monitor = spawn('nsenter', [`--net=/run/netns/${bench.laptop}`, '--', 'nft', 'monitor']);
    const seen: string[] = [];
    monitor.stdout.on('data', (chunk) => seen.push(String(chunk)));
    const isSeen = (word: string) => seen.join('').includes(word);
    try {
      // It says so by what it sees that it listens.
      await until(async () => {
        await bench.nft(bench.laptop, 'add', 'table', 'inet', 'seen_first');
        await bench.nft(bench.laptop, 'delete', 'table', 'inet', 'seen_first');
        return isSeen('seen_first');
      });
      expect(refusal(await client.call('guard', { guard: await bench.guard({ mode: 'off' }) }))).toBeNull();
      const { params } = await bench.lease();
      expect(refusal(await client.call('up', params))).toBeNull();
      expect((await bench.probe()).received).toBe(1);
      await client.change(({ phase, rxBytes }) => phase === 'up' && rxBytes > 0);
      expect(refusal(await client.call('down'))).toBeNull();
      await bench.nft(bench.laptop, 'add', 'table', 'inet', 'seen_last');
      await bench.nft(bench.laptop, 'delete', 'table', 'inet', 'seen_last');
      await until(async () => isSeen('seen_last'));
      expect(seen.join('')).not.toContain('postern_guard');
    } finally {
      monitor.kill();
    }
  });

  it('gate: what is for the team leaves through the tunnel or not at all, whoever dies', async () => {
    expect(await bench.leaks()).toEqual({ laptop: everything, container: everything });
    const client = await connect();
    expect(refusal(await client.call('guard', { guard: await bench.guard() }))).toBeNull();
    expect(await guardOf(client)).toMatchObject({
      mode: 'gate',
      holds: 'team',
      source: 'team',
      failed: null,
    });
    const held = { laptop: allButTeam, container: allButTeam };
    expect(await bench.leaks()).toEqual(held);
    const refused = await bench.connectTo(places.team4);
    expect(refused.said).toMatch(/No route to host|unreachable/i);
    expect(refused.ms).toBeLessThan(2_000);

    const { params } = await bench.lease();
    expect(refusal(await client.call('up', params))).toBeNull();
    await client.change(({ phase }) => phase === 'up');
    expect((await bench.probe()).received).toBe(1);
    expect(await guardOf(client)).toMatchObject({ holds: 'nothing', since: null });
    expect(await bench.leaks()).toEqual(held);

    const exp = Math.floor(Date.now() / 1000) + 2;
    const brief = await bench.lease(undefined, {}, { exp });
    const since = performance.now();
    expect(refusal(await client.call('up', brief.params))).toBeNull();
    await client.change(({ phase, leaseId }) => phase === 'up' && leaseId === brief.claims.jti, since);
    await client.change(({ phase, guard }) => phase === 'down' && guard?.holds === 'team', since);
    expect(await bench.leaks()).toEqual(held);

    await bench.stopHelper('SIGKILL');
    expect(await bench.leaks()).toEqual(held);
    await bench.startHelper();
    expect(await guardOf(await connect())).toMatchObject({ mode: 'gate', holds: 'team' });
    expect(await bench.leaks()).toEqual(held);
    await bench.stopHelper('SIGTERM');
    expect(await bench.leaks()).toEqual(held);
  });

  it('gate, everything through the tunnel: only the way to the server and the network here stay open', async () => {
    const client = await connect();
    const networks = ['0.0.0.0/0', '::/0'];
    expect(refusal(await client.call('guard', { guard: await bench.guard({ networks }) }))).toBeNull();
    expect(await bench.leaks()).toEqual({ laptop: ['lan'], container: ['lan'] });
    expect(await bench.passes('tcp', '203.0.113.5', 443)).toBe(true);
    expect(await bench.passes('tcp', '203.0.113.5', 80)).toBe(false);
    expect(await bench.passes('udp', '203.0.113.5', 443)).toBe(false);
    expect(await bench.passes('udp', resolver, 53)).toBe(true);
    const { params } = await bench.lease(undefined, { allowedIps: networks });
    expect(refusal(await client.call('up', params))).toBeNull();
    await client.change(({ phase }) => phase === 'up');
    expect((await bench.probe()).received).toBe(1);
    expect(await bench.leaks()).toEqual({ laptop: ['lan'], container: ['lan'] });
  });

  it('always: nothing leaves while there is no tunnel; beside a narrow one the rest goes its own way', async () => {
    const client = await connect();
    expect(refusal(await client.call('guard', { guard: await bench.guard({ mode: 'always' }) }))).toBeNull();
    expect(await guardOf(client)).toMatchObject({ mode: 'always', holds: 'all' });
    expect(await bench.leaks()).toEqual({ laptop: ['lan'], container: ['lan'] });
    expect(await bench.passes('tcp', '203.0.113.5', 443)).toBe(true);
    expect(await bench.passes('udp', resolver, 53)).toBe(false);
    const closed = await bench.guard({ mode: 'always', allowLan: false });
    expect(refusal(await client.call('guard', { guard: closed }))).toBeNull();
    expect(await bench.leaks()).toEqual({ laptop: [], container: [] });

    const { params } = await bench.lease();
    expect(refusal(await client.call('up', params))).toBeNull();
    await client.change(({ phase }) => phase === 'up');
    await until(async () => (await bench.leaks()).laptop.includes('internet4'));
    expect(await bench.leaks()).toEqual({ laptop: allButTeam, container: allButTeam });
    expect(await bench.passes('udp', resolver, 53)).toBe(true);
    // What is let out beside the tunnel is let out anew every few seconds.
    await delay(11_000);
    expect(await bench.leaks()).toEqual({ laptop: allButTeam, container: allButTeam });
    await client.call('down');
    await until(async () => (await bench.leaks()).laptop.length === 0, 10);
    expect(refusal(await client.call('up', (await bench.lease()).params))).toBeNull();
    await until(async () => (await bench.leaks()).laptop.includes('internet4'));
    await bench.stopHelper('SIGKILL');
    await delay(200);
    expect(await bench.leaks()).toEqual({ laptop: [], container: [] });
  }, 90_000);

  it('lets no packet through while the rules change, however many there are of both', async () => {
    const client = await connect();
    const networks = ['10.77.0.0/24', 'fd77::/64'];
    expect(refusal(await client.call('guard', { guard: await bench.guard({ networks }) }))).toBeNull();
    const flood = bench.flood('team4', 6);
    for (let round = 0; round < 60; round++) {
      const more = round % 2 === 0 ? [...networks, '10.78.0.0/16'] : networks;
      expect(
        refusal(await client.call('guard', { guard: await bench.guard({ networks: more }) })),
      ).toBeNull();
    }
    await bench.stopHelper('SIGKILL');
    await bench.startHelper();
    expect(await flood).toBe(0);
  });

  it('is ended by root though the helper hangs, and though it is only just starting', async () => {
    const client = await connect();
    expect(refusal(await client.call('guard', { guard: await bench.guard() }))).toBeNull();
    bench.signalHelper('SIGSTOP');
    const freed = await release();
    expect(freed.stderr).toContain('hangs');
    expect(await bench.table()).toBe('');
    bench.signalHelper('SIGKILL');
    await bench.stopHelper('SIGKILL');
    await bench.startHelper();
    expect(await bench.table()).toBe('');
    const again = await connect();
    expect(refusal(await again.call('guard', { guard: await bench.guard() }))).toBeNull();
    await bench.stopHelper('SIGTERM');
    const [said] = await Promise.all([release(), bench.startHelper()]);
    expect(said.stdout).toContain('holds nothing back');
    await until(async () => (await bench.table()) === '', 20);
    expect(await guardOf(await connect())).toMatchObject({ mode: 'off' });
  }, 60_000);

  it('takes only a newer word, signed by a server that root trusts, and the strictest of several', async () => {
    const client = await connect();
    const old = await bench.guard({ mode: 'off' });
    const newer = await bench.guard();
    expect(refusal(await client.call('guard', { guard: newer }))).toBeNull();
    expect(refusal(await client.call('guard', { guard: newer }))).toBe('guard-invalid');
    expect(refusal(await client.call('guard', { guard: old }))).toBe('guard-invalid');
    const forged = await bench.guard({ mode: 'off' }, generateKeyPairSync('ed25519').privateKey);
    expect(refusal(await client.call('guard', { guard: forged }))).toBe('guard-invalid');
    expect(refusal(await client.call('guard', { guard: (await bench.lease()).params.lease }))).toBe(
      'guard-invalid',
    );
    expect(
      refusal(await client.call('guard', { guard: await bench.guard({ iss: 'https://evil.test' }) })),
    ).toBe('untrusted-server');
    const other = { sub: randomUUID(), mode: 'always', allowLan: false } as const;
    expect(refusal(await client.call('guard', { guard: await bench.guard(other) }))).toBeNull();
    expect(await bench.leaks()).toEqual({ laptop: [], container: [] });
    expect(
      refusal(await client.call('guard', { guard: await bench.guard({ ...other, mode: 'off' }) })),
    ).toBeNull();
    expect(await bench.leaks()).toEqual({ laptop: allButTeam, container: allButTeam });
    expect(refusal(await client.call('guard', { guard: await bench.guard({ mode: 'off' }) }))).toBeNull();
    expect(await bench.table()).toBe('');
    // No longer trusted: nothing of that server counts.
    expect(refusal(await client.call('guard', { guard: await bench.guard() }))).toBeNull();
    await bench.cli('untrust', 'https://vpn.test', '--trusted-servers', bench.trustedServers);
    await until(async () => (await bench.table()) === '', 80);
    await bench.trust();
    await until(async () => (await bench.table()) !== '', 80);
  });

  it('ends by itself at its time, by root at once, and by a user only where the team says so', async () => {
    const client = await connect();
    const brief = Math.ceil(Date.now() / 1000) + 2;
    expect(refusal(await client.call('guard', { guard: await bench.guard({ until: brief }) }))).toBeNull();
    expect(await bench.table()).not.toBe('');
    await until(async () => (await bench.table()) === '', 100);
    expect(await guardOf(client)).toMatchObject({ mode: 'off', holds: 'nothing', until: null });

    const other = bench.clientProcess('setpriv', `--reuid=${NOBODY}`, '--clear-groups', '--regid=65534');
    const word = await bench.guard();
    expect(refusal(await client.call('guard', { guard: word }))).toBeNull();
    const ask = async (method: string, params: object = {}) => {
      other.child.stdin?.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })}\n`);
      return answer(other);
    };
    expect(refusal(await ask('release'))).toBe('release-refused');
    expect(await bench.table()).not.toBe('');
    const freed = await release();
    expect(freed.stdout).toContain('holds nothing back');
    expect(await bench.table()).toBe('');
    // The word that was released does not come back, not by a restart either; a newer one does.
    await bench.stopHelper('SIGTERM');
    await bench.startHelper({ flags: ['--allow-uid', '0', '--allow-uid', NOBODY] });
    expect(await bench.table()).toBe('');
    const again = await connect();
    expect(refusal(await again.call('guard', { guard: word }))).toBe('guard-invalid');
    const kind = await bench.guard({ userMayRelease: true });
    expect(refusal(await again.call('guard', { guard: kind }))).toBeNull();
    const fresh = bench.clientProcess('setpriv', `--reuid=${NOBODY}`, '--clear-groups', '--regid=65534');
    fresh.child.stdin?.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'release', params: {} })}\n`);
    await answer(fresh);
    expect(await bench.table()).toBe('');
    const status = await again.call('status');
    const told = 'result' in status ? (status.result as HelperStatus).guardEvents : [];
    expect(told?.slice(-2).map(({ kind }) => kind)).toEqual(['released-by-root', 'released-by-user']);
  });

  it('holds what a user wants beyond the team, and lets a user loosen no more than that', async () => {
    const client = await connect();
    expect(refusal(await client.call('guard', { guard: await bench.guard({ mode: 'off' }) }))).toBeNull();
    expect(refusal(await client.call('stricter', { mode: 'gate' }))).toBeNull();
    expect(await guardOf(client)).toMatchObject({ mode: 'gate', source: 'user', own: 'gate', until: null });
    expect(await bench.leaks()).toEqual({ laptop: allButTeam, container: allButTeam });
    expect(refusal(await client.call('guard', { guard: await bench.guard() }))).toBeNull();
    expect(refusal(await client.call('stricter', { mode: 'off' }))).toBeNull();
    expect(await guardOf(client)).toMatchObject({ mode: 'gate', source: 'team', own: 'off' });
  });

  it('opens names and web pages for a sign-in page, once on a network, and not beside a tunnel', async () => {
    const client = await connect();
    expect(refusal(await client.call('portal'))).toBe('portal-refused');
    const networks = ['0.0.0.0/0', '::/0'];
    const guard = { mode: 'always', networks, allowLan: false } as const;
    const never = await bench.guard({ ...guard, portalMinutes: 0 });
    expect(refusal(await client.call('guard', { guard: never }))).toBeNull();
    expect(refusal(await client.call('portal'))).toBe('portal-refused');
    expect(refusal(await client.call('guard', { guard: await bench.guard(guard) }))).toBeNull();
    expect(refusal(await client.call('portal'))).toBeNull();
    for (const [protocol, port] of [
      ['udp', 53],
      ['tcp', 53],
      ['tcp', 80],
      ['tcp', 443],
    ] as const)
      expect([port, await bench.passes(protocol, places.internet4, port)]).toEqual([port, true]);
    for (const [protocol, port] of [
      ['udp', 443],
      ['tcp', 22],
      ['udp', 9],
    ] as const)
      expect([port, await bench.passes(protocol, places.internet4, port)]).toEqual([port, false]);
    expect((await bench.leaks()).container).toEqual([]);
    // The kernel closes it, even when nobody is left to do so.
    expect(await bench.nft(bench.laptop, 'list', 'set', 'inet', 'postern_guard', 'portal')).toMatch(
      /timeout 5m/,
    );
    const { portalUntil } = (await guardOf(client)) as { portalUntil: unknown };
    expect(portalUntil).toEqual(expect.any(String));
    // It is open: not one more, and not longer.
    expect(refusal(await client.call('portal'))).toBeNull();
    expect(await guardOf(client)).toMatchObject({ portalUntil });

    const { params } = await bench.lease();
    expect(refusal(await client.call('up', params))).toBeNull();
    await client.change(({ phase, guard: told }) => phase === 'up' && told?.portalUntil === null);
    expect(await bench.passes('tcp', places.internet4, 80)).toBe(false);
    expect(await client.call('portal')).toMatchObject({
      error: { data: { detail: expect.stringMatching(/connected/) } },
    });
  });

  it('holds from the start of the computer on, and comes back when another firewall empties the tables', async () => {
    const client = await connect();
    expect(refusal(await client.call('guard', { guard: await bench.guard() }))).toBeNull();
    const boot = join(state, 'guard.nft');
    expect(statSync(boot).mode & 0o777).toBe(0o600);
    expect(statSync(join(state, 'guard.json')).mode & 0o777).toBe(0o600);
    await bench.nft(bench.laptop, 'flush', 'ruleset');
    expect(await bench.leaks()).toEqual({ laptop: everything, container: everything });
    await until(async () => (await bench.table()) !== '', 150);
    expect(await bench.leaks()).toEqual({ laptop: allButTeam, container: allButTeam });
    await bench.stopHelper('SIGKILL');
    await bench.nft(bench.laptop, 'flush', 'ruleset');
    await bench.nft(bench.laptop, '-f', boot);
    expect(await bench.leaks()).toEqual({ laptop: allButTeam, container: allButTeam });
  });

  it('follows the computer to another network, but believes no router that says that the world is on its link', async () => {
    const client = await connect();
    const networks = ['0.0.0.0/0', '::/0'];
    expect(refusal(await client.call('guard', { guard: await bench.guard({ networks }) }))).toBeNull();
    const link = `v${bench.id}l`;
    await bench.ip('route', 'add', '192.168.99.0/24', 'dev', link);
    await bench.ip('route', 'add', '198.51.100.0/24', 'dev', link);
    // What the team has lies in there: a router that takes it for its own link is not believed.
    await bench.ip('route', 'add', '10.0.0.0/8', 'dev', link);
    try {
      await until(async () => (await bench.table()).includes('192.168.99.0/24'), 50);
      expect(await bench.table()).not.toMatch(/198\.51\.100\.0|10\.0\.0\.0/);
      const { params } = await bench.lease(undefined, { allowedIps: networks });
      expect(refusal(await client.call('up', params))).toBeNull();
      expect(await bench.leaks()).toEqual({ laptop: ['lan'], container: ['lan'] });
      await client.call('down');
    } finally {
      await bench.ip('route', 'del', '192.168.99.0/24', 'dev', link);
      await bench.ip('route', 'del', '198.51.100.0/24', 'dev', link);
      await bench.ip('route', 'del', '10.0.0.0/8', 'dev', link);
    }
    // The team's own network stays the team's, whatever the network here is.
    expect(
      refusal(await client.call('guard', { guard: await bench.guard({ networks: ['192.168.77.0/24'] }) })),
    ).toBeNull();
    expect((await bench.leaks()).laptop).not.toContain('lan');
    const { params } = await bench.lease(undefined, { allowedIps: ['192.168.77.0/24', '10.77.0.0/24'] });
    expect(refusal(await client.call('up', params))).toBeNull();
    expect(await bench.ip('route', 'get', places.lan)).toContain(bench.interfaceName);
    await release();
    await until(async () => (await bench.ip('route', 'get', places.lan)).includes(`dev ${link}`), 20);
  });

  it('does not start on a file that it does not understand, keeps what holds, and names the way out', async () => {
    const client = await connect();
    expect(refusal(await client.call('guard', { guard: await bench.guard() }))).toBeNull();
    await bench.stopHelper('SIGKILL');
    writeFileSync(join(state, 'guard.json'), '{"guards":');
    const start = root('start', '--socket', bench.socketPath, '--state-dir', state);
    await expect(start).rejects.toThrow(/postern-helper release/);
    expect(await bench.leaks()).toEqual({ laptop: allButTeam, container: allButTeam });
    const freed = await release();
    expect(freed.stderr).toContain('does not run, or hangs');
    expect(await bench.table()).toBe('');
    expect(existsSync(join(state, 'guard.nft'))).toBe(false);
    await bench.startHelper();
  });

  it('says that nothing is held back when the packet filter refuses, and keeps the word until it can', async () => {
    const inItsMounts = (...args: string[]) =>
      bench.run('nsenter', '-m', '-t', String(bench.helperPid), ...args);
    await inItsMounts('mount', '--bind', '/bin/false', '/usr/sbin/nft');
    const client = await connect();
    expect(refusal(await client.call('guard', { guard: await bench.guard() }))).toBe('guard-failed');
    expect(await guardOf(client)).toMatchObject({ mode: 'gate', failed: { code: 'guard-failed' } });
    expect(await bench.leaks()).toEqual({ laptop: everything, container: everything });
    await inItsMounts('umount', '/usr/sbin/nft');
    await client.change(({ guard }) => guard?.failed === null && guard.holds === 'team');
    expect(await bench.leaks()).toEqual({ laptop: allButTeam, container: allButTeam });
  });
});
