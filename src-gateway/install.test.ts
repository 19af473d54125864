import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadGatewayConfig, readToken } from './config.ts';
import { installGateway } from './install.ts';
import { nextSteps } from './next-steps.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-install-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const links = async () => ['lo', 'eth0'].map((name) => ({ name, isUp: true, addresses: [] }));
const still = { forwards: async () => false, links };
const forwarding = { forwards: async () => true, links };

const input = () => ({
  server: 'https://vpn.example.com',
  gateway: '0198f2d0-0000-7000-8000-000000000001',
  token: 'V1StGXR8_Z5jdHi6B-myT12345678901234567890ab',
  address: '10.86.0.1/22',
  endpoint: '203.0.113.7:51820',
  mtu: '1420',
  folder: join(folder, 'etc'),
});

test('what the install line says becomes a configuration that the agent starts with', async () => {
  expect(
    await installGateway(
      { ...input(), nat: 'eth0', services: 'udp/53, tcp/53', forwardOthers: false },
      still,
    ),
  ).toEqual([]);
  const file = join(folder, 'etc', 'gateway.toml');
  const loaded = loadGatewayConfig(file, {});
  expect(loaded).toMatchObject({
    ok: true,
    value: {
      gatewayId: input().gateway,
      address: '10.86.0.1/22',
      nat: true,
      egressInterface: 'eth0',
      services: ['udp/53', 'tcp/53'],
    },
  });
  if (loaded.ok) expect(await readToken(loaded.value, file)).toBe(input().token);
  for (const name of ['gateway.toml', 'gateway.token'])
    expect((await stat(join(folder, 'etc', name))).mode & 0o077).toBe(0);
});

test('a service that is none is named before nftables would refuse it', async () => {
  for (const services of ['udp/70000', 'icmp', 'tcp/0', ''])
    expect(await installGateway({ ...input(), services })).toEqual([
      'services.0: expected a protocol and a port, such as "udp/53"',
    ]);
});

test('an endpoint that was not filled in, and a file that is there, are named and nothing is written', async () => {
  expect(await installGateway({ ...input(), endpoint: 'ADDRESS:51820' })).toEqual([
    expect.stringContaining('endpoint: expected address:port'),
  ]);
  expect(existsSync(join(folder, 'etc'))).toBe(false);
  expect(await installGateway(input())).toEqual([]);
  const other = { ...input(), token: 'another-token-another-token-another-token-1' };
  expect(await installGateway(other)).toEqual([expect.stringContaining('--force')]);
  expect(await installGateway({ ...other, force: true })).toEqual([]);
});

describe('what the host passes on for others', () => {
  const read = () => loadGatewayConfig(join(folder, 'etc', 'gateway.toml'), {});
  const nat = { nat: 'eth0' };

  test('is asked about where it does so already, and nothing is written before there is an answer', async () => {
    expect(await installGateway({ ...input(), ...nat }, forwarding)).toEqual([
      expect.stringMatching(/--forward-others .* --no-forward-others/),
    ]);
    expect(existsSync(join(folder, 'etc'))).toBe(false);
    expect(await installGateway({ ...input(), ...nat, forwardOthers: true }, forwarding)).toEqual([]);
    expect(read()).toMatchObject({ value: { forwardOthers: true } });
    // And not again, where it was said before.
    expect(await installGateway({ ...input(), ...nat, force: true }, forwarding)).toEqual([]);
    expect(read()).toMatchObject({ value: { forwardOthers: true } });
  });

  test('is nothing where it will forward for the tunnel alone, and no matter without NAT', async () => {
    expect(await installGateway({ ...input(), ...nat }, still)).toEqual([]);
    expect(read()).toMatchObject({ value: { forwardOthers: false } });
    expect(await installGateway({ ...input(), force: true }, forwarding)).toEqual([]);
    const after = read();
    expect(after.ok && after.value.forwardOthers).toBeUndefined();
  });
});

test('an interface or an authority that is not there is named, and nothing is written', async () => {
  expect(await installGateway({ ...input(), nat: 'eht0', forwardOthers: false }, still)).toEqual([
    "--nat: There is no interface eht0. Name the one that leads to the team's networks: eth0.",
  ]);
  const ca = join(folder, 'ca.pem');
  expect(await installGateway({ ...input(), ca })).toEqual([`--ca: ${ca} is not there`]);
  await writeFile(ca, 'not one');
  expect(await installGateway({ ...input(), ca })).toEqual([
    expect.stringContaining('holds no certificate in PEM'),
  ]);
  expect(existsSync(join(folder, 'etc'))).toBe(false);
});

test('the authority is copied to where the unit sees it', async () => {
  const ca = join(folder, 'ca.pem');
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-subj', '/CN=Example CA', '-keyout', join(folder, 'ca.key'), '-out', ca],
  ]);
  expect(made.status).toBe(0);
  expect(await installGateway({ ...input(), ca })).toEqual([]);
  const copy = join(folder, 'etc/gateway-ca.pem');
  expect(loadGatewayConfig(join(folder, 'etc/gateway.toml'), {})).toMatchObject({ value: { caFile: copy } });
  expect(await readFile(copy, 'utf8')).toBe(await readFile(ca, 'utf8'));
});

describe('what is to be done next', () => {
  const steps = (config: string, there: string[], isNat = false) =>
    nextSteps(config, isNat, { root: '/opt/postern', exists: (path) => there.includes(path) });
  const own = '/etc/postern/gateway.toml';
  const shipped = '/opt/postern/assets/systemd/postern-gateway.service';

  test('names no unit that is not there, and says how to put it there', () => {
    expect(steps(own, ['/run/systemd/system', shipped])).toEqual([
      'ln -s /opt/postern/bin/postern-gateway /usr/bin/postern-gateway',
      `cp ${shipped} /etc/systemd/system/ && systemctl daemon-reload`,
      'systemctl enable --now postern-gateway',
      `postern-gateway check --config ${own}`,
    ]);
    const installed = [
      '/run/systemd/system',
      '/usr/bin/postern-gateway',
      '/etc/systemd/system/postern-gateway.service',
    ];
    expect(steps(own, installed, true)).toEqual([
      expect.stringContaining('net.ipv4.ip_forward=1'),
      'systemctl enable --now postern-gateway',
      `postern-gateway check --config ${own}`,
    ]);
  });

  test('is what the program itself prints after an install', () => {
    const { server, gateway, token, address, endpoint } = input();
    const done = spawnSync(process.execPath, [
      ...[join(import.meta.dirname, 'cli.ts'), 'install', '--server', server, '--gateway', gateway],
      ...['--token', token, '--address', address, '--endpoint', endpoint, '--folder', join(folder, 'etc')],
    ]);
    const config = join(folder, 'etc/gateway.toml');
    expect(`${done.stderr}`).toBe('');
    expect(`${done.stdout}`).toBe(
      [
        `Installed in ${join(folder, 'etc')}. What is left to do, as root:`,
        ...nextSteps(config, false).map((step) => `  ${step}`),
        '',
      ].join('\n'),
    );
    expect(`${done.stdout}`).toContain(`postern-gateway start --config ${config}`);
  });

  test('is the program itself without systemd, and for another file than the unit reads', () => {
    for (const [config, there] of [
      [own, [shipped]],
      ['/srv/gw.toml', ['/run/systemd/system', shipped]],
    ] as const)
      expect(steps(config, [...there])[0]).toBe(`postern-gateway start --config ${config}`);
  });
});
