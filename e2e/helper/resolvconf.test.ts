import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { generateWgKeyPair } from '../../src-node/wireguard/key-pair.ts';
import { HelperBench } from './helper-bench.ts';

/** openresolv, unpacked and not installed: installing it would rewrite the machine's own name servers. */
function unpackOpenresolv(directory: string): string | null {
  try {
    execFileSync('apt-get', ['download', 'openresolv'], { cwd: directory, stdio: 'pipe' });
    const [archive = ''] = readdirSync(directory).filter((name) => name.endsWith('.deb'));
    execFileSync('dpkg', ['-x', archive, 'package'], { cwd: directory });
    return join(directory, 'package');
  } catch (error) {
    // With CI=true nothing may be left out.
    if (process.env.CI === 'true') throw error;
    return null;
  }
}

describe('DNS through resolvconf', () => {
  const bench = new HelperBench();
  const outside = readFileSync('/etc/resolv.conf', 'utf8');
  const package_ = unpackOpenresolv(bench.directory);
  let holder: number;
  let run = 0;
  const start = () => bench.startHelper({ prefix: ['nsenter', '-t', String(holder), '-m'] });
  const nameServers = async () => {
    const { stdout } = await bench.run('nsenter', '-t', String(holder), '-m', 'cat', '/etc/resolv.conf');
    return stdout.split('\n').filter((line) => line.startsWith('nameserver'));
  };

  beforeAll(async () => {
    await bench.start();
    await bench.trust();
  });
  afterAll(async () => {
    await bench.close();
    expect(readFileSync('/etc/resolv.conf', 'utf8')).toBe(outside);
  });
  beforeEach(async (context) => {
    if (package_ === null) context.skip('openresolv cannot be downloaded here (apt-get download openresolv)');
    const layers = join(bench.directory, `layers-${run++}`);
    mkdirSync(layers);
    const script = join(import.meta.dirname, 'own-resolv-conf.sh');
    holder = await bench.holdNamespaces('unshare', '-m', script, layers, package_ ?? '');
    await start();
  });
  afterEach(() => bench.stopHelper('SIGTERM'));

  it("asks the tunnel's name servers alone while it is up, and the system's own again after", async () => {
    expect(await nameServers()).toEqual(['nameserver 192.0.2.53']);
    const client = await bench.connect();
    const { keys, params } = await bench.lease(generateWgKeyPair(), { dns: ['10.77.0.53', 'fd77::53'] });
    await client.call('up', params);
    await client.change(({ dns }) => dns === 'resolvconf');
    expect(await nameServers()).toEqual(['nameserver 10.77.0.53', 'nameserver fd77::53']);
    const renewed = await bench.lease(keys, { dns: ['10.77.0.54'] });
    await client.call('up', renewed.params);
    await client.change(({ dns, leaseId }) => dns === 'resolvconf' && leaseId === renewed.claims.jti);
    expect(await nameServers()).toEqual(['nameserver 10.77.0.54']);
    expect(await client.call('down')).toMatchObject({ result: { dns: 'none' } });
    expect(await nameServers()).toEqual(['nameserver 192.0.2.53']);
    await client.close();
  });

  it('leaves them alone for servers of some domains only, says so, and takes domains to search', async () => {
    const client = await bench.connect();
    const dns = { servers: ['10.77.0.53'], domains: ['corp.example'] };
    const { keys, params } = await bench.lease(generateWgKeyPair(), { dns });
    await client.call('up', params);
    await client.change((status) => status.dns === 'unsplit');
    expect(await nameServers()).toEqual(['nameserver 192.0.2.53']);
    const all = await bench.lease(keys, { dns: { servers: ['10.77.0.53'], search: ['corp.example'] } });
    await client.call('up', all.params);
    await client.change((status) => status.dns === 'resolvconf');
    expect(await nameServers()).toEqual(['nameserver 10.77.0.53']);
    const { stdout } = await bench.run('nsenter', '-t', String(holder), '-m', 'cat', '/etc/resolv.conf');
    expect(stdout).toContain('search corp.example');
  });

  it('gives them back when the client is killed', async () => {
    const client = await bench.connect();
    await client.call('up', (await bench.lease(generateWgKeyPair(), { dns: ['10.77.0.53'] })).params);
    await client.change(({ dns }) => dns === 'resolvconf');
    await client.close();
    const watcher = await bench.connect();
    for (let tries = 0; (await nameServers())[0] !== 'nameserver 192.0.2.53'; tries++)
      expect(tries).toBeLessThan(100);
    expect(await watcher.call('status')).toMatchObject({ result: { phase: 'down' } });
    await watcher.close();
  });

  it('gives them back at the next start after kill -9', async () => {
    const client = await bench.connect();
    await client.call('up', (await bench.lease(generateWgKeyPair(), { dns: ['10.77.0.53'] })).params);
    await client.change(({ dns }) => dns === 'resolvconf');
    await bench.stopHelper('SIGKILL');
    expect(await nameServers()).toEqual(['nameserver 10.77.0.53']);
    await start();
    expect(await nameServers()).toEqual(['nameserver 192.0.2.53']);
  });
});

describe('DNS without a resolver of its own', () => {
  const bench = new HelperBench();
  beforeAll(async () => {
    await bench.start();
    await bench.trust();
    await bench.startHelper();
  });
  afterAll(() => bench.close());

  it("leaves the machine's name servers alone from a network namespace, and says so", async () => {
    const client = await bench.connect();
    await client.call('up', (await bench.lease(generateWgKeyPair(), { dns: ['10.77.0.53'] })).params);
    await client.change(({ dns }) => dns === 'unmanaged');
    await client.close();
  });
});
