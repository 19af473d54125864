import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { guardingHelper, guardOf } from '../../testing/guards.ts';
import { newWgKey, ScriptedClient, ScriptedGateway } from '../../testing/scripted-ends.ts';
import { TestDevice } from '../../testing/test-device.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';
import { serverProgram } from '../program.ts';

const publicAddresses = ['203.0.113.5:443'];
let server: TestServer;
let gateway: ScriptedGateway;
let config: string;
beforeEach(async () => {
  server = await startTestServer();
  const { issuer, databaseFile, keysDir } = server.ctx.config;
  config = join(keysDir, 'server.toml');
  const settings = { issuer, databaseFile, keysDir, teamName: 'Test', publicAddresses };
  const lines = Object.entries(settings).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  writeFileSync(config, [...lines, '[tls]', 'certFile = "unused"', 'keyFile = "unused"'].join('\n'));
  gateway = await ScriptedGateway.create(server);
  await gateway.connect(server);
  await server.setPolicy({ totpPriorConnection: false });
});
afterEach(async () => {
  await gateway.disconnect();
  await server.close();
});

/** `policy set` beside the running server, on a connection of its own to the database. */
async function set(...words: string[]) {
  const said = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      said[stream] += String(text);
      return true;
    }),
  );
  try {
    await serverProgram().parseAsync(['policy', 'set', ...words, '--config', config], { from: 'user' });
    return { status: process.exitCode ?? 0, ...said };
  } finally {
    for (const spy of spies) spy.mockRestore();
    process.exitCode = undefined;
  }
}

async function connected(helper: object): Promise<TestDevice> {
  const device = await TestDevice.signIn(server, await server.addMember());
  const body = { gatewayId: gateway.id, wgPublicKey: newWgKey(), helper };
  expect((await device.call('POST', 'connections', body)).status).toBe(201);
  return device;
}

test('what a device holds back is signed by the command and told by the running server', async () => {
  const device = await connected(guardingHelper);
  const client = await ScriptedClient.connect(server, device.session.sessionToken);
  const words = ['trafficWhileWaiting=always', 'guardAllowLan=false', 'guardPortalMinutes=0'];
  expect(await set(...words, 'guardUserMayRelease=true')).toMatchObject({ status: 0 });
  await server.parts.sweeper.sweep();
  const { guard } = await client.of('guard');
  expect(guardOf(guard)).toMatchObject({
    ...{ mode: 'always', allowLan: false, portalMinutes: 0, userMayRelease: true },
    ...{ control: publicAddresses, networks: ['10.214.0.0/24'], sub: device.session.deviceId },
  });
  await client.close();
});

test('devices that cannot are listed with the way on, and exempt when they are named', async () => {
  const one = await connected({ version: '0.1.0', features: [] });
  const other = await connected({ version: '0.1\u001b[2J', features: [] });
  const { deviceId } = one.session;
  const refused = await set('trafficWhileWaiting=gate');
  expect(refused).toMatchObject({ status: 1, stdout: '' });
  expect(refused.stderr).toMatch(/^2 devices that are in use cannot hold traffic back/);
  expect(refused.stderr).toContain(`  ${deviceId}  Laptop  Member 1  linux  helper 0.1.0\n`);
  expect(refused.stderr).toContain('helper 0.1[2J\n');
  expect(refused.stderr).toContain('--exempt-all');
  const rest = await set('trafficWhileWaiting=gate', '--exempt', deviceId);
  expect(rest.stderr).toMatch(/^One device .*: exempt it, or update it first\.\n/);
  expect(rest.stderr).toContain(`Add --exempt ${other.session.deviceId} to let it`);
  expect(rest.stderr).not.toContain(deviceId);
  expect(await one.row()).toMatchObject({ is_guard_exempt: 0 });

  const stranger = '01a1ffbd-8da2-7710-bc82-16adeaf130c7';
  const both = await set(
    'trafficWhileWaiting=gate',
    '--exempt',
    `${deviceId},${other.session.deviceId},${stranger}`,
  );
  expect(both.status).toBe(0);
  expect(both.stderr).toContain(`Exempt until it can hold traffic back: ${deviceId}`);
  expect(both.stderr).toContain(`${stranger}: not exempted; there is no device with this id.`);
  expect(await one.row()).toMatchObject({ is_guard_exempt: 1 });

  const late = await TestDevice.signIn(server, await server.addMember());
  const able = await connected(guardingHelper);
  expect((await set('--exempt', able.session.deviceId)).stderr).toContain('not exempted; no device in use');
  expect((await set('--exempt-all')).stderr).toContain(late.session.deviceId);
  expect(await late.row()).toMatchObject({ is_guard_exempt: 1 });
  expect((await set()).stderr).toContain('Say what to change');
});

test('a device that has not told yet what its helper can is to connect once, not to be updated', async () => {
  const silent = await TestDevice.signIn(server, await server.addMember());
  const one = await set('trafficWhileWaiting=gate');
  expect(one.stderr).toMatch(/^One device that is in use has not told yet .* let it connect once first\.\n/);
  expect(one.stderr).toContain('its helper has not told yet');
  await TestDevice.signIn(server, await server.addMember());
  const two = await set('trafficWhileWaiting=gate');
  expect(two.stderr).toMatch(
    /^2 devices that are in use have not told yet .* let them connect once first\.\n/,
  );
  await connected({ version: '0.1.0', features: [] });
  const stranger = '01a1ffbd-8da2-7710-bc82-16adeaf130c7';
  const mixed = await set('trafficWhileWaiting=gate', '--exempt', `${silent.session.deviceId},${stranger}`);
  expect(mixed).toMatchObject({ status: 1, stdout: '' });
  expect(mixed.stderr).toContain(`${stranger}: not exempted; there is no device with this id.\n`);
  expect(mixed.stderr).toMatch(
    /2 devices .* cannot hold traffic back or have not told .* update those that cannot and let the others/,
  );
});

test('a program reads a refusal as a problem, with the devices, and whoever exempts nobody is told', async () => {
  const one = await connected({ version: '0.1.0', features: [] });
  const refused = await set('trafficWhileWaiting=gate', '--json');
  expect(refused).toMatchObject({ status: 1, stderr: '' });
  expect(JSON.parse(refused.stdout)).toMatchObject({
    code: 'guard-unsupported',
    devices: [{ id: one.session.deviceId }],
  });
  const mistaken = await set('nothing=1', '--json');
  expect(JSON.parse(mistaken.stdout)).toMatchObject({ code: 'invalid-request' });
  expect((await set('trafficWhileWaiting=gate', '--exempt-all')).stderr).toContain(one.session.deviceId);
  expect((await set('--exempt-all')).stderr).toContain('nobody was exempted');
});
