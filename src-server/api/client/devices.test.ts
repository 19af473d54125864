import { afterEach, beforeEach, expect, test } from 'vitest';
import { newWgKey, ScriptedClient, ScriptedGateway } from '../../testing/scripted-ends.ts';
import { auditOf, TestDevice } from '../../testing/test-device.ts';
import { startTestServer, type TestMember, type TestServer } from '../../testing/test-server.ts';

let server: TestServer;
let gateway: ScriptedGateway;
let member: TestMember;
let mine: TestDevice;
let other: TestDevice;
beforeEach(async () => {
  server = await startTestServer();
  gateway = await ScriptedGateway.create(server);
  await gateway.connect(server);
  member = await server.addMember();
  await server.setPolicy({ signInGraceSeconds: 0 });
  mine = await TestDevice.signIn(server, member);
  other = await TestDevice.signIn(server, member);
});
afterEach(async () => {
  await gateway.disconnect();
  await server.close();
});

const list = async (device = mine) => (await device.call('GET', 'devices')).body.devices;
const connectOther = async () => {
  const challenge = await other.ask(gateway.id);
  return other.connect(gateway.id, challenge, [other.code()]);
};

test('the list has the devices of the member and nobody else’s, and says which is this and which is connected', async () => {
  const stranger = await TestDevice.signIn(server, await server.addMember());
  expect((await connectOther()).status).toBe(201);
  server.nextStep();
  await other.setPin('482913');
  const devices = await list();
  expect(devices).toHaveLength(2);
  expect(devices).toContainEqual({
    id: other.session.deviceId,
    name: 'Laptop',
    platform: 'linux',
    isThis: false,
    isConnected: true,
    lastSeenAt: expect.any(String),
    createdAt: expect.any(String),
    unlock: { pin: true, uvHw: false, uvSoft: false },
  });
  expect(devices.find(({ id }: { id: string }) => id === mine.session.deviceId)).toMatchObject({
    isThis: true,
    isConnected: false,
  });
  expect(await list(stranger)).toHaveLength(1);
  expect(JSON.stringify(devices)).not.toContain((await other.row()).pin_verifier);
});

test('a removed device is told, disconnected, signed out and gone when the caller hears 204', async () => {
  const client = await ScriptedClient.connect(server, other.session.sessionToken);
  expect((await connectOther()).status).toBe(201);
  server.nextStep();
  await other.setPin('482913');
  expect((await mine.call('DELETE', `devices/${other.session.deviceId}`)).status).toBe(204);
  expect(await client.of('signed-out')).toMatchObject({ reason: { code: 'device-removed' } });
  expect(await client.closed).toBe(4001);
  await expect.poll(() => gateway.peers.size).toBe(0);
  expect((await other.call('GET', 'me')).body.code).toBe('session-invalid');
  expect(await list()).toHaveLength(1);
  const row = await other.row();
  expect(row).toMatchObject({ pin_verifier: null, removed_at: server.clock.now, epoch: 1 });
  expect(await auditOf(server, 'device.remove')).toMatchObject([
    { outcome: 'ok', subject: `device:${other.session.deviceId}`, byDevice: mine.session.deviceId },
  ]);
  // The same id and key make a new device.
  const again = await server.signIn(member, { id: other.session.deviceId, publicKey: other.publicKey });
  expect(again.deviceId).not.toBe(other.session.deviceId);
});

test('a device of somebody else, one that was removed and one that never was are not found', async () => {
  const stranger = await TestDevice.signIn(server, await server.addMember());
  await mine.call('DELETE', `devices/${other.session.deviceId}`);
  for (const id of [
    stranger.session.deviceId,
    other.session.deviceId,
    '01a1ffbd-8da2-7710-bc82-16adeaf130c7',
  ]) {
    const answer = await mine.call('DELETE', `devices/${id}`);
    expect(answer).toMatchObject({ status: 404, body: { code: 'device-not-found' } });
  }
  expect((await stranger.call('GET', 'me')).status).toBe(200);
});

test('a device that removes itself is signed out', async () => {
  const body = { gatewayId: gateway.id, wgPublicKey: newWgKey() };
  expect((await mine.call('POST', 'connections', body)).body.code).toBe('step-up-required');
  expect((await mine.call('DELETE', `devices/${mine.session.deviceId}`)).status).toBe(204);
  expect((await mine.call('GET', 'devices')).body.code).toBe('session-invalid');
});
