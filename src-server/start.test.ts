import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { serverProgram } from './cli/program.ts';

const entry = join(import.meta.dirname, 'cli.ts');
const password = 'a long password\n';
let folder = '';
let config = '';
let port = 0;
const running = new Set<ChildProcess>();

function writeConfig(name: string, change: Record<string, string> = {}): string {
  const file = join(folder, name);
  const settings = {
    databaseFile: '"postern.db"',
    issuer: '"https://127.0.0.1"',
    teamName: '"Test"',
    ...change,
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key} = ${value}`);
  const listen = `[listen]\nhost = "127.0.0.1"\nport = ${port}`;
  writeFileSync(file, [...lines, listen, '[tls]\ncertFile = "tls.crt"\nkeyFile = "tls.key"'].join('\n'));
  return file;
}

/** As an option takes them. */
function manyNetworks(count: number): string {
  return Array.from({ length: count }, (_, at) => `10.0.${at}.0/24`).join(',');
}

function cli(args: string[], input = '', env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [entry, ...args], {
    input,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, ...env },
    timeout: 60_000,
  });
  return { status, stdout, stderr };
}

/** A command without input, in this process: a second of computing less than a process of its own. */
async function command(args: string[]) {
  const said = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      said[stream] += String(text);
      return true;
    }),
  );
  try {
    await serverProgram().parseAsync([...args, '--config', config], { from: 'user' });
    return { status: process.exitCode ?? 0, ...said };
  } finally {
    for (const spy of spies) spy.mockRestore();
    process.exitCode = undefined;
  }
}

async function start(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [entry, 'start', '--config', config], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.add(child);
  child.on('exit', () => running.delete(child));
  let text = '';
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk);
    if (text.includes('listening on')) return child;
  }
  throw new Error(`the server did not start: ${text}`);
}

/** Kept open, as clients do: a server that ends must not wait for them. */
const agent = new Agent({ keepAlive: true, rejectUnauthorized: false });

function health(): Promise<number> {
  return new Promise((resolve, reject) => {
    const url = `https://127.0.0.1:${port}/healthz`;
    const call = request(url, { agent }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    call.on('error', reject);
    call.end();
  });
}

async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pst-h1-start-'));
  port = await freePort();
  config = writeConfig('server.toml');
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', '/CN=localhost', '-keyout', join(folder, 'tls.key'), '-out', join(folder, 'tls.crt')],
  ]);
  expect(made.status).toBe(0);
  const owner = ['--email', 'owner@test.example', '--name', 'Owner', '--password-stdin', '--with-totp'];
  const init = cli(['init', ...owner, '--json', '--config', config], password);
  expect(init.stderr).toBe('');
  expect(JSON.parse(init.stdout)).toMatchObject({
    email: 'owner@test.example',
    totpSecret: expect.stringMatching(/^[A-Z2-7]{32}$/),
    serverKey: expect.stringContaining('#ed25519='),
  });
}, 60_000);
afterEach(async () => {
  for (const child of running) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});
afterAll(() => {
  agent.destroy();
  rmSync(folder, { recursive: true });
});

test('keys and database are for their owner alone; init does not run twice', () => {
  for (const file of ['postern.db', 'keys/lease-key.pem', 'keys/encryption.key'])
    expect(statSync(join(folder, file)).mode & 0o077).toBe(0);
  const again = cli(['init', '--config', config], password);
  expect(again.status).toBe(1);
  expect(again.stderr).toContain('has members already');
});

test('the server key can be read again, with the fingerprint that the helper shows', async () => {
  const { stdout } = await command(['server-key']);
  expect(stdout).toMatch(/postern-helper trust 'https:\/\/[^']+#ed25519=[\w-]{43}'/);
  expect(stdout).toMatch(/fingerprint {2}([0-9a-f]{4} ){15}[0-9a-f]{4}\n/);
});

test('SIGTERM ends the server with 0 and the log is written back; the next one starts', async () => {
  const first = await start();
  expect(await health()).toBe(200);
  first.kill('SIGTERM');
  expect((await once(first, 'exit'))[0]).toBe(0);
  expect(existsSync(join(folder, 'postern.db-wal'))).toBe(false);
  await start();
  expect(await health()).toBe(200);
}, 60_000);

test('a second server on the same database or port says so; after kill -9 the lock is free', async () => {
  const first = await start();
  const second = cli(['start', '--config', config]);
  expect(second).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('another server is running on'),
  });

  const other = writeConfig('other.toml', { databaseFile: '"other.db"' });
  const owner = ['--email', 'o@test.example', '--name', 'O', '--password-stdin'];
  expect(cli(['init', ...owner, '--config', other], password).status).toBe(0);
  const sameport = cli(['start', '--config', other]);
  expect(sameport).toMatchObject({
    status: 1,
    stderr: expect.stringContaining(`port ${port} on 127.0.0.1 is in use`),
  });

  first.kill('SIGKILL');
  await once(first, 'exit');
  await start();
  expect(await health()).toBe(200);
}, 60_000);

test('commands beside a running server: members, gateways, tokens, policy, audit', async () => {
  await start();
  const json = async (args: string[]) => {
    const { status, stdout, stderr } = await command([...args, '--json']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    return JSON.parse(stdout);
  };
  const person = ['--email', 'New@Test.example', '--name', 'New', '--password-stdin', '--with-totp'];
  const member = JSON.parse(cli(['member', 'add', ...person, '--json', '--config', config], password).stdout);
  expect(member).toMatchObject({ id: expect.any(String), email: 'new@test.example' });
  expect(member.backupCodes).toHaveLength(10);
  expect(await json(['member', 'block', 'new@test.example'])).toMatchObject({ isBlocked: true });
  expect(await json(['member', 'list'])).toEqual(
    expect.arrayContaining([expect.objectContaining({ id: member.id, isBlocked: true, factor: 'active' })]),
  );
  const gateway = await json([
    'gateway',
    'add',
    'g1',
    '--subnet',
    '10.86.0.5/24',
    '--allowed-ips',
    '10.0.0.0/8',
  ]);
  expect(await json(['gateway', 'edit', 'g1', '--subnet6', 'fd12:3456:789a::7/64'])).toMatchObject({
    troubles: [{ code: 'subnet-behind', value: '10.0.0.0/8' }],
  });
  expect(await json(['gateway', 'show', 'g1'])).toMatchObject({
    subnet6: 'fd12:3456:789a::/64',
    agent: null,
    hostTroubles: [],
  });
  expect(await json(['gateway', 'edit', 'g1', '--subnet6', 'none'])).toMatchObject({
    troubles: [{ code: 'subnet-behind', value: '10.0.0.0/8' }],
  });
  expect(await json(['gateway', 'list'])).toMatchObject([{ subnet6: null }]);
  expect(gateway).toMatchObject({ subnet: '10.86.0.0/24', token: expect.any(String) });
  const change = ['--name', 'g 2', '--allowed-ips', '0.0.0.0/0,::/0', '--dns', '10.0.0.53', '--mtu', '1380'];
  expect(await json(['gateway', 'edit', 'g1', ...change])).toEqual({
    ...{ id: gateway.id, name: 'g 2', endsIpv6: false },
    troubles: [{ code: 'ipv6-refused', value: '' }],
  });
  expect(await json(['gateway', 'edit', gateway.id, '--dns', ''])).toMatchObject({
    troubles: [{ code: 'names-stay-here' }, { code: 'ipv6-refused' }],
  });
  expect(await json(['gateway', 'remove', gateway.id, '--yes'])).toMatchObject({ id: gateway.id });
  expect(await json(['gateway', 'list'])).toEqual([]);
  const token = await json([
    'token',
    'create',
    '--name',
    'siem',
    '--scopes',
    'members:read',
    '--allow-ip',
    '192.0.2.1',
  ]);
  expect(token).toMatchObject({ allowedIps: ['192.0.2.1/32'], token: expect.stringMatching(/^pst_/) });
  expect(await json(['policy', 'set', 'signInGraceSeconds=0', 'mfaRequired.panel=false'])).toMatchObject({
    signInGraceSeconds: 0,
    mfaRequired: { panel: false, client: true },
  });
  expect(await json(['member', 'reset-unlock', 'new@test.example'])).toEqual({
    id: member.id,
    email: 'new@test.example',
    devices: 0,
  });
  const unlock = ['unlockPriorConnection=true', 'unlockMethods=pin,uv-soft', 'codeEveryDays=7'];
  expect(await json(['policy', 'set', ...unlock])).toMatchObject({
    unlockPriorConnection: true,
    unlockMethods: ['pin', 'uv-soft'],
    codeEveryDays: 7,
  });
  const nobody = await command(['policy', 'set', 'unlockMethods=']);
  expect(nobody.stderr).toContain('nobody can connect');
  expect(await json(['audit', 'verify'])).toMatchObject({ brokenAt: null });
}, 60_000);

test.each([
  [['member', 'block', 'nobody@test.example'], 'There is no member'],
  [['policy', 'set', 'colour=red'], 'colour: no such setting'],
  [['policy', 'set', 'idleSeconds=never'], 'idleSeconds'],
  [['gateway', 'edit', 'nowhere', '--mtu', '1400'], 'There is no gateway nowhere.'],
  [['gateway', 'edit', 'nowhere'], 'Say what to change'],
  [
    ['gateway', 'add', 'wide', '--subnet', '10.98.0.0/24', '--allowed-ips', manyNetworks(65)],
    'allowedIps: 65 networks, at least 1 and at most 64',
  ],
  [
    [
      'gateway',
      'add',
      'x',
      '--subnet',
      '10.98.0.0/24',
      '--allowed-ips',
      '::/0',
      '--alternate-ports',
      '53,53',
    ],
    'alternatePorts: 53 is named twice',
  ],
  [
    ['gateway', 'add', 'x', '--subnet', '10.98.0.0/24', '--subnet6', 'fd00::/48', '--allowed-ips', '::/0'],
    'subnet6: fd00::/48 is no network from /64 to /120',
  ],
  [['gateway', 'show', 'nowhere'], 'There is no gateway nowhere.'],
])('%j is refused with words', async (args, words) => {
  const refused = await command(args);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain(words);
});

test('a gateway takes domains as people type them and further ports, and shows them', async () => {
  const network = ['--subnet', '10.96.0.0/24', '--allowed-ips', '10.96.0.0/24', '--dns', '10.96.0.1'];
  const names = ['--dns-domains', 'Corp.Example.,corp.example,lab.example', '--dns-search', 'CORP.example'];
  const added = await command([
    'gateway',
    'add',
    'Named',
    ...network,
    ...names,
    '--alternate-ports',
    '443, 53',
  ]);
  expect(added.status).toBe(0);
  const settings = { dnsDomains: ['corp.example', 'lab.example'], dnsSearch: ['corp.example'] };
  const listed = JSON.parse((await command(['gateway', 'list', '--json'])).stdout);
  expect(listed).toContainEqual(expect.objectContaining({ ...settings, alternatePorts: [443, 53] }));
  await command(['gateway', 'edit', 'Named', '--dns-domains', '', '--alternate-ports', '443']);
  const { stdout } = await command(['gateway', 'show', 'Named']);
  expect(stdout).toMatch(/^Named\n/);
  expect(stdout).toMatch(/DNS servers +10\.96\.0\.1\n +for domains +all\n +search domains +corp\.example\n/);
  expect(stdout).toMatch(/alternate ports +443\n/);
}, 60_000);

test('a gateway that leaves its members without something says what, and is added all the same', async () => {
  const network = ['--subnet', '10.97.0.0/24', '--allowed-ips', '0.0.0.0/0', '--dns', 'fd00::53'];
  const added = await command(['gateway', 'add', 'Warned', ...network]);
  expect(added.status).toBe(0);
  expect(added.stdout).toContain('note   The name server fd00::53 is in none of the networks');
  expect(added.stdout).toContain('note   IPv6 of the members leaves beside the tunnel: add ::/0');
  const again = ['--subnet', '10.97.0.128/25', '--allowed-ips', '10.20.0.0/16'];
  const beside = await command(['gateway', 'add', 'Beside', ...again, '--json']);
  expect(JSON.parse(beside.stdout)).toMatchObject({
    troubles: [{ code: 'subnet-overlap', value: 'Warned' }],
  });
}, 60_000);

test.each([
  [['token', 'create', '--name', 'x', '--scopes', 'everything'], 'is not a scope'],
  [['token', 'create', '--name', ' ', '--scopes', 'members:read'], 'expected 1 to 64 characters'],
  [['gateway', 'add', 'x', '--subnet', '10.0.0.0/33', '--allowed-ips', '10.0.0.0/8'], 'is not a network'],
  // What agents and helpers refuse.
  [['gateway', 'edit', 'x', '--allowed-ips', '10/8'], 'is not a network'],
  [['gateway', 'edit', 'x', '--allowed-ips', '010.0.0.0/8'], 'is not a network'],
  [['gateway', 'edit', 'x', '--subnet6', '10.9.0.0/24'], 'an IPv6 network'],
  [['gateway', 'edit', 'x', '--dns', '10.1'], 'is not an IP address'],
  [['gateway', 'edit', 'x', '--dns-domains', 'corp.example,10.0.0.53'], '10.0.0.53 is not a domain'],
  [['gateway', 'edit', 'x', '--alternate-ports', '443,0x35'], '0x35 is not a port'],
])('%j is refused before anything is opened', (args, words) => {
  const refused = cli([...args, '--config', config]);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain(words);
});

test('every configuration mistake is a line, and the exit code is 2', () => {
  const env = { POSTERN_LISTEN_PORT: 'https', POSTERN_ISSUER: 'vpn' };
  const refused = cli(['start', '--config', config], '', env);
  expect(refused.status).toBe(2);
  expect(refused.stderr.trim().split('\n')).toHaveLength(2);
});

test('audit verify finds a changed row', async () => {
  const database = new DatabaseSync(join(folder, 'postern.db'));
  database.exec("drop trigger audit_no_update; update audit set actor = 'nobody' where seq = 1");
  database.close();
  const broken = await command(['audit', 'verify', '--json']);
  expect(broken.status).toBe(1);
  expect(JSON.parse(broken.stdout)).toEqual({ rows: 0, brokenAt: 1 });
});
