import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Policy, policySchema } from '../../../src-shared/policy.ts';
import { guardingHelper, guardOf } from '../../testing/guards.ts';
import { PanelClient } from '../../testing/panel-client.ts';
import { newWgKey, ScriptedClient, ScriptedGateway } from '../../testing/scripted-ends.ts';
import { auditOf, TestDevice } from '../../testing/test-device.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';

let server: TestServer;
let gateway: ScriptedGateway;
let owner: PanelClient;
beforeEach(async () => {
  server = await startTestServer({ config: { publicAddresses: ['203.0.113.5:443'] } });
  gateway = await ScriptedGateway.create(server);
  await gateway.connect(server);
  await server.setPolicy(open);
  owner = await PanelClient.of(server, 'owner');
});
afterEach(async () => {
  await gateway.disconnect();
  await server.close();
});

const open = { totpPriorConnection: false };
const policyOf = (change: Partial<Policy>): Policy => policySchema.parse({ ...open, ...change });
async function save(change: Partial<Policy>, exemptDevices?: string[]) {
  const { version } = (await owner.get('policy')).body;
  return owner.call('PUT', 'policy', {
    policy: policyOf(change),
    version,
    ...(exemptDevices ? { exemptDevices } : {}),
  });
}
const preview = async (change: Partial<Policy>) =>
  (await owner.call('POST', 'policy/preview', { policy: policyOf(change) })).body;

async function connected(helper?: object): Promise<TestDevice> {
  const device = await TestDevice.signIn(server, await server.addMember());
  const body = { gatewayId: gateway.id, wgPublicKey: newWgKey(), ...(helper ? { helper } : {}) };
  expect((await device.call('POST', 'connections', body)).status).toBe(201);
  return device;
}
const modesOf = ({ frames }: ScriptedClient) =>
  frames.flatMap((frame) => (frame.type === 'guard' ? [guardOf(frame.guard).mode] : []));

describe('what is changed about holding back', () => {
  test('is told to every device that can and has been connected, in order with the policy, and again until it is acked', async () => {
    const device = await connected(guardingHelper);
    const { sessionToken } = device.session;
    const [client, unable, unconnected] = await Promise.all([
      ScriptedClient.connect(server, sessionToken),
      connected().then(({ session }) => ScriptedClient.connect(server, session.sessionToken)),
      TestDevice.signIn(server, await server.addMember()).then(({ session }) =>
        ScriptedClient.connect(server, session.sessionToken),
      ),
    ]);
    const others = await server.ctx.database.db
      .selectFrom('device')
      .select('id')
      .where('can_guard', '=', 0)
      .execute();
    expect(
      (
        await save(
          { trafficWhileWaiting: 'gate' },
          others.map(({ id }) => id),
        )
      ).status,
    ).toBe(200);
    for (const change of [{ guardAllowLan: false }, { guardPortalMinutes: 0 }, { guardUserMayRelease: true }])
      expect((await save({ trafficWhileWaiting: 'gate', ...change })).status).toBe(200);
    const isTwice = { trafficWhileWaiting: 'gate', guardUserMayRelease: true, idleSeconds: 600 } as const;
    expect((await save(isTwice)).status).toBe(200);
    await expect.poll(() => client.frames.filter(({ type }) => type === 'policy')).toHaveLength(5);
    const stored = client.frames.filter(({ type }) => type === 'policy' || type === 'guard');
    expect(stored.map(({ type }) => type)).toEqual([
      ...['policy', 'guard', 'policy', 'guard', 'policy', 'guard', 'policy', 'guard', 'policy'],
    ]);
    const claims = stored.flatMap((frame) => (frame.type === 'guard' ? [guardOf(frame.guard)] : []));
    expect(claims.map(({ allowLan, portalMinutes }) => [allowLan, portalMinutes])).toEqual([
      ...[
        [true, 5],
        [false, 5],
        [true, 0],
        [true, 5],
      ],
    ]);
    const seqs = claims.map(({ seq }) => seq);
    expect(seqs).toEqual([...new Set(seqs)].sort((one, other) => one - other));
    for (const other of [unable, unconnected]) {
      await other.of('policy');
      expect(modesOf(other)).toEqual([]);
      await other.close();
    }
    await client.close();
    const again = await ScriptedClient.connect(server, sessionToken);
    await expect
      .poll(() => again.frames.filter(({ type }) => type === 'guard'))
      .toEqual(stored.filter(({ type }) => type === 'guard'));
    await again.close();
  });

  test('ends no connection', async () => {
    await connected(guardingHelper);
    await save({ trafficWhileWaiting: 'always', guardAllowLan: false });
    expect(gateway.peers.size).toBe(1);
  });
});

describe('turning it on', () => {
  test('is refused while devices in use cannot, which are named; those that are listed become exempt', async () => {
    await connected(guardingHelper);
    const old = await connected({ version: '0.1.0', features: ['control'] });
    const silent = await connected();
    const named = [
      {
        id: old.session.deviceId,
        name: 'Laptop',
        platform: 'linux',
        memberName: expect.stringContaining('Member'),
        helperVersion: '0.1.0',
      },
      expect.objectContaining({ id: silent.session.deviceId, helperVersion: null }),
    ];
    const wanted = { trafficWhileWaiting: 'gate' } as const;
    expect(await preview(wanted)).toMatchObject({ devices: 3, cannotGuard: named, isTightened: false });
    expect(await preview({})).toMatchObject({ devices: 3, cannotGuard: [] });
    const refused = await save(wanted);
    expect(refused).toMatchObject({ status: 403, body: { code: 'guard-unsupported', devices: named } });
    const some = await save(wanted, [silent.session.deviceId]);
    expect(some.body.devices).toEqual([named[0]]);
    expect((await owner.get('policy')).body.policy.trafficWhileWaiting).toBe('off');
    expect(await silent.row()).toMatchObject({ is_guard_exempt: 0 });

    const ids = [old.session.deviceId, silent.session.deviceId];
    expect((await save(wanted, [...ids, owner.member.id])).status).toBe(200);
    expect(await old.row()).toMatchObject({ is_guard_exempt: 1 });
    expect((await auditOf(server, 'policy.change')).at(-1)).toMatchObject({
      trafficWhileWaiting: 'gate',
      exemptDevices: ids,
    });
    expect(await preview(wanted)).toMatchObject({ devices: 3, cannotGuard: [] });
  });

  test('does not wait for devices that are removed, or neither signed in nor connected', async () => {
    const removed = await connected();
    await removed.call('DELETE', `devices/${removed.session.deviceId}`);
    const gone = await connected();
    await gone.call('POST', 'sign-out');
    expect((await save({ trafficWhileWaiting: 'always' })).status).toBe(200);
  });

  test('is refused where a device could not find the server', async () => {
    const lost = await startTestServer();
    const admin = await PanelClient.of(lost, 'owner');
    const body = { policy: policySchema.parse({ trafficWhileWaiting: 'always' }), version: 0 };
    expect((await admin.call('PUT', 'policy', body)).body).toMatchObject({
      code: 'wrong-state',
      detail: expect.stringContaining('publicAddresses'),
    });
    await lost.close();
  });
});

test('exemptions are listed and withdrawn, after which the device is refused, and the log says so once an hour', async () => {
  const old = await connected({ version: '0.1.0', features: ['control'] });
  const { deviceId } = old.session;
  await save({ trafficWhileWaiting: 'gate' }, [deviceId]);
  const exemptions = async () => (await owner.get('policy/exemptions')).body.devices;
  expect(await exemptions()).toMatchObject([{ id: deviceId, helperVersion: '0.1.0' }]);
  const withdraw = (id: string) => owner.call('DELETE', `policy/exemptions/${id}`);
  expect(await withdraw(owner.member.id)).toMatchObject({ status: 404, body: { code: 'device-not-found' } });
  expect(await withdraw(deviceId)).toMatchObject({ status: 200, body: { devices: [] } });
  expect((await withdraw(deviceId)).status).toBe(404);
  expect(await auditOf(server, 'guard.withdraw-exemption')).toHaveLength(1);
  // What there is stays; the next connection is refused.
  expect(gateway.peers.size).toBe(1);
  const helper = { version: '0.1.1', features: ['control'] };
  const connect = () =>
    old.call('POST', 'connections', { gatewayId: gateway.id, wgPublicKey: newWgKey(), helper });
  expect((await connect()).body.code).toBe('guard-unsupported');
  expect((await connect()).body.code).toBe('guard-unsupported');
  expect(await auditOf(server, 'guard.unsupported')).toMatchObject([
    { outcome: 'refused', subject: `device:${deviceId}`, helperVersion: '0.1.1' },
  ]);
  server.clock.now += 3_600_001;
  await connect();
  expect(await auditOf(server, 'guard.unsupported')).toHaveLength(2);
});

test('once it is on, a device that cannot stops neither another rule nor less of it, but more of it', async () => {
  await save({ trafficWhileWaiting: 'gate' });
  const late = await TestDevice.signIn(server, await server.addMember());
  expect((await save({ trafficWhileWaiting: 'gate', idleSeconds: 600 })).status).toBe(200);
  expect((await save({ trafficWhileWaiting: 'always' })).body.code).toBe('guard-unsupported');
  expect((await save({ trafficWhileWaiting: 'gate' }, [late.session.deviceId])).status).toBe(200);
  expect(await late.row()).toMatchObject({ is_guard_exempt: 1 });
  const deviceOf = async ({ member }: TestDevice) =>
    (await owner.get(`members/${member.id}`)).body.member.devices[0];
  expect(await deviceOf(late)).toMatchObject({ guard: 'exempt' });
  expect(await deviceOf(await connected(guardingHelper))).not.toHaveProperty('guard');
  expect(await deviceOf(await TestDevice.signIn(server, await server.addMember()))).toMatchObject({
    guard: 'refused',
  });
  const left = (await preview({ trafficWhileWaiting: 'always' })).cannotGuard.map(
    ({ id }: { id: string }) => id,
  );
  expect((await save({ trafficWhileWaiting: 'always' }, left)).status).toBe(200);
  await TestDevice.signIn(server, await server.addMember());
  expect((await save({ trafficWhileWaiting: 'gate' })).status).toBe(200);
  expect((await save({})).status).toBe(200);
});
