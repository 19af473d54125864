import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { ServerFolder } from '../testing/server-folder.ts';

const password = { input: 'a long password\n' };
let folder: ServerFolder;
beforeAll(async () => {
  folder = await ServerFolder.initialised();
  folder.keep();
});
beforeEach(() => folder.goBack());
afterEach(() => folder.stopAll());
afterAll(() => folder.remove());

/** As an option takes them. */
function manyNetworks(count: number): string {
  return Array.from({ length: count }, (_, at) => `10.0.${at}.0/24`).join(',');
}

test('commands beside a running server: members, gateways, tokens, policy, audit', async () => {
  await folder.serve();
  const json = async (args: string[]) => {
    const { status, stdout, stderr } = await folder.command([...args, '--json']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    return JSON.parse(stdout);
  };
  const person = ['--email', 'New@Test.example', '--name', 'New', '--password-stdin', '--with-totp'];
  const added = await folder.command(['member', 'add', ...person, '--json'], password);
  const member = JSON.parse(added.stdout);
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
  const nobody = await folder.command(['policy', 'set', 'unlockMethods=']);
  expect(nobody.stderr).toContain('nobody can connect');
  expect(await json(['audit', 'verify'])).toMatchObject({ brokenAt: null });
});

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
  const refused = await folder.command(args);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain(words);
});

test('a gateway takes domains as people type them and further ports, and shows them', async () => {
  const network = ['--subnet', '10.96.0.0/24', '--allowed-ips', '10.96.0.0/24', '--dns', '10.96.0.1'];
  const names = ['--dns-domains', 'Corp.Example.,corp.example,lab.example', '--dns-search', 'CORP.example'];
  const added = await folder.command([
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
  const listed = JSON.parse((await folder.command(['gateway', 'list', '--json'])).stdout);
  expect(listed).toContainEqual(expect.objectContaining({ ...settings, alternatePorts: [443, 53] }));
  await folder.command(['gateway', 'edit', 'Named', '--dns-domains', '', '--alternate-ports', '443']);
  const { stdout } = await folder.command(['gateway', 'show', 'Named']);
  expect(stdout).toMatch(/^Named\n/);
  expect(stdout).toMatch(/DNS servers +10\.96\.0\.1\n +for domains +all\n +search domains +corp\.example\n/);
  expect(stdout).toMatch(/alternate ports +443\n/);
});

test('a gateway that leaves its members without something says what, and is added all the same', async () => {
  const network = ['--subnet', '10.97.0.0/24', '--allowed-ips', '0.0.0.0/0', '--dns', 'fd00::53'];
  const added = await folder.command(['gateway', 'add', 'Warned', ...network]);
  expect(added.status).toBe(0);
  expect(added.stdout).toContain('note   The name server fd00::53 is in none of the networks');
  expect(added.stdout).toContain('note   IPv6 of the members leaves beside the tunnel: add ::/0');
  const again = ['--subnet', '10.97.0.128/25', '--allowed-ips', '10.20.0.0/16'];
  const beside = await folder.command(['gateway', 'add', 'Beside', ...again, '--json']);
  expect(JSON.parse(beside.stdout)).toMatchObject({
    troubles: [{ code: 'subnet-overlap', value: 'Warned' }],
  });
});

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
])('%j is refused before anything is opened', async (args, words) => {
  const refused = await folder.command(args);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain(words);
});

test('audit verify finds a changed row', async () => {
  const database = new DatabaseSync(folder.database);
  database.exec("drop trigger audit_no_update; update audit set actor = 'nobody' where seq = 1");
  database.close();
  const broken = await folder.command(['audit', 'verify', '--json']);
  expect(broken.status).toBe(1);
  expect(JSON.parse(broken.stdout)).toEqual({ rows: 0, brokenAt: 1 });
});
