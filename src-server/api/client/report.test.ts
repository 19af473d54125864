import { afterEach, beforeEach, expect, test } from 'vitest';
import { PanelClient } from '../../testing/panel-client.ts';
import { ScriptedClient } from '../../testing/scripted-ends.ts';
import { auditOf, TestDevice } from '../../testing/test-device.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';

let server: TestServer;
let device: TestDevice;
let client: ScriptedClient;
let owner: PanelClient;
beforeEach(async () => {
  server = await startTestServer({
    config: { publicAddresses: ['203.0.113.5:443', '[2001:db8:0::5]:443'] },
  });
  device = await TestDevice.signIn(server, await server.addMember());
  client = await ScriptedClient.connect(server, device.session.sessionToken);
  owner = await PanelClient.of(server, 'owner');
});
afterEach(async () => {
  await client.close();
  await server.close();
});

const report = (serverAddress: string, guardFailed: string | null = null, from = client) =>
  from.send({ type: 'report', serverAddress, guardFailed });
const attention = async (kind: string) => {
  const { body } = await owner.get('overview');
  return body.attention.filter((item: { kind: string }) => item.kind === kind);
};
const unknown = () => attention('server-address-unknown');

test('the server says that it takes reports', async () => {
  expect((await client.of('hello')).accepts).toEqual(['report', 'lease-key']);
});

test('an address of the server that no lease names is shown with who reached it there, for a day', async () => {
  const other = await TestDevice.signIn(server, await server.addMember());
  const second = await ScriptedClient.connect(server, other.session.sessionToken);
  report('203.0.113.5:443');
  report('[2001:db8::5]:443');
  report('127.0.0.1:8443');
  report('198.51.100.7:443');
  report('198.51.100.7:443', null, second);
  await expect.poll(unknown).toMatchObject([{ address: '198.51.100.7:443', count: 2 }]);
  const [{ members }] = await unknown();
  expect(members.map(({ id }: { id: string }) => id)).toContain(device.session.memberId);
  server.clock.now += 86_400_001;
  owner = await PanelClient.of(server, 'owner');
  expect(await unknown()).toEqual([]);
  await second.close();
});

test('a member that makes up addresses fills nothing', async () => {
  for (let each = 1; each <= 60; each++) report(`198.51.100.${each}:443`);
  await expect.poll(unknown).toHaveLength(2);
  report('198.51.100.200:443');
  report('not an address');
  expect(await client.closed).toBe(4003);
  expect(await unknown()).toHaveLength(2);
  const other = await TestDevice.signIn(server, await server.addMember());
  const second = await ScriptedClient.connect(server, other.session.sessionToken);
  report('198.51.100.99:443', null, second);
  await expect.poll(unknown).toHaveLength(3);
  await second.close();
});

test('a device that fails to hold traffic back is shown and in the audit log, until it does again', async () => {
  await server.setPolicy({ trafficWhileWaiting: 'gate' });
  await server.ctx.database.db.updateTable('device').set({ can_guard: 1 }).execute();
  const { memberId, deviceId } = device.session;
  const shown = async () => (await owner.get(`members/${memberId}`)).body.member.devices[0].guard;
  expect(await shown()).toBeUndefined();
  report('203.0.113.5:443', 'guard-failed');
  await expect
    .poll(() => attention('guard-failed'))
    .toMatchObject([{ count: 1, members: [{ id: memberId }] }]);
  expect(await shown()).toBe('failed');
  // A restart of the client says it again.
  await client.close();
  client = await ScriptedClient.connect(server, device.session.sessionToken);
  report('203.0.113.5:443', 'guard-failed');
  report('203.0.113.5:443', null);
  await expect.poll(() => attention('guard-failed')).toEqual([]);
  expect(await shown()).toBeUndefined();
  const subject = `device:${deviceId}`;
  expect(await auditOf(server, 'guard.failed')).toMatchObject([{ subject, why: 'guard-failed' }]);
  expect(await auditOf(server, 'guard.works-again')).toMatchObject([{ subject }]);
});

test('one that changes its mind all the time writes two rows an hour', async () => {
  for (let round = 0; round < 20; round++) report('203.0.113.5:443', round % 2 === 0 ? 'guard-failed' : null);
  await expect.poll(() => auditOf(server, 'guard.works-again')).toHaveLength(1);
  const failed = () =>
    server.ctx.database.db.selectFrom('device').select('guard_failed').executeTakeFirstOrThrow();
  await expect.poll(failed).toEqual({ guard_failed: null });
  expect(await auditOf(server, 'guard.failed')).toHaveLength(1);
});
