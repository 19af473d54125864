import { DatabaseSync } from 'node:sqlite';
import { decodeProtectedHeader, importJWK, jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MAX_NETWORKS } from '../../../src-shared/gateway-limits.ts';
import { GUARD_LIFE_SECONDS } from '../../../src-shared/guard.ts';
import { guardingHelper, guardOf } from '../../testing/guards.ts';
import { newWgKey, ScriptedGateway } from '../../testing/scripted-ends.ts';
import { TestDevice } from '../../testing/test-device.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';
import { newId } from '../../tokens.ts';

const publicAddresses = ['203.0.113.5:443', '[2001:db8::5]:443'];
let server: TestServer;
let gateway: ScriptedGateway;
beforeEach(async () => {
  server = await startTestServer({ config: { publicAddresses } });
  gateway = await ScriptedGateway.create(server);
  await gateway.connect(server);
  await server.setPolicy({ signInGraceSeconds: 0 });
});
afterEach(async () => {
  await gateway.disconnect();
  await server.close();
});

const signedIn = async () => TestDevice.signIn(server, await server.addMember());
const post = (device: TestDevice, body: object = {}) =>
  device.call('POST', 'connections', { gatewayId: gateway.id, wgPublicKey: newWgKey(), ...body });
const guarded = (device: TestDevice, body: object = {}) => post(device, { helper: guardingHelper, ...body });
const openGate = () => server.setPolicy({ totpPriorConnection: false });
const fetched = async (device: TestDevice) => {
  const { status, body } = await device.call('GET', 'guard');
  expect(status).toBe(200);
  return guardOf(body.guard);
};

test('a connect brings a guard, signed by the key of the leases as what it is', async () => {
  await openGate();
  await server.setPolicy({ trafficWhileWaiting: 'gate', guardPortalMinutes: 0, guardUserMayRelease: true });
  const device = await signedIn();
  const { status, body } = await guarded(device);
  expect(status).toBe(201);
  const key = await importJWK(
    { kty: 'OKP', crv: 'Ed25519', x: server.ctx.keys.serverKey.publicKey },
    'EdDSA',
  );
  await jwtVerify(body.guard, key, { typ: 'postern-guard+jwt', audience: 'postern-helper' });
  expect(decodeProtectedHeader(body.guard)).toEqual({
    ...decodeProtectedHeader(body.lease),
    typ: 'postern-guard+jwt',
  });
  const iat = Math.floor(server.clock.now / 1000);
  expect(guardOf(body.guard)).toEqual({
    iss: 'https://vpn.test.example',
    aud: 'postern-helper',
    sub: device.session.deviceId,
    iat,
    seq: server.clock.now,
    mode: 'gate',
    networks: ['10.214.0.0/24'],
    control: publicAddresses,
    allowLan: true,
    portalMinutes: 0,
    userMayRelease: true,
    until: iat + GUARD_LIFE_SECONDS,
  });
});

test('with nothing to hold back it comes all the same, for a user who wants more; without the feature it does not', async () => {
  await openGate();
  const device = await signedIn();
  expect(guardOf((await guarded(device)).body.guard)).toMatchObject({
    mode: 'off',
    networks: ['10.214.0.0/24'],
  });
  for (const helper of [undefined, { version: '0.1.0', features: ['control'] }])
    expect((await post(device, helper ? { helper } : {})).body).not.toHaveProperty('guard');
});

test('it begins with the first connection', async () => {
  await openGate();
  await server.setPolicy({ trafficWhileWaiting: 'always' });
  const device = await signedIn();
  expect(await fetched(device)).toMatchObject({ mode: 'off', control: publicAddresses });
  await guarded(device);
  expect(await fetched(device)).toMatchObject({ mode: 'always' });
});

describe('a helper that cannot', () => {
  const refusal = { status: 403, body: { code: 'guard-unsupported' } };

  test('is refused before a code is looked at: none is spent, none is counted', async () => {
    const device = await signedIn();
    const { id: challengeId } = await device.ask(gateway.id);
    await server.setPolicy({ trafficWhileWaiting: 'gate' });
    for (let time = 0; time < 7; time++) {
      const wrong = { challengeId, proofs: [{ method: 'totp', code: '000000' }] };
      expect(await post(device, wrong)).toMatchObject(refusal);
    }
    const [backupCode = ''] = device.member.backupCodes;
    const backup = { challengeId, proofs: [{ method: 'backup-code', code: backupCode }] };
    expect(await post(device, backup)).toMatchObject(refusal);
    const right = { challengeId, proofs: [device.code()] };
    expect(await post(device, right)).toMatchObject(refusal);
    expect(await server.ctx.database.db.selectFrom('attempt').selectAll().execute()).toEqual([]);
    expect((await guarded(device, right)).status).toBe(201);
    const again = await device.ask(gateway.id).catch((error: Error) => error.message);
    expect(again).toContain('guard-unsupported');
    server.nextStep();
    const fresh = await guarded(device);
    const second = { ...backup, challengeId: fresh.body.challenge.id };
    expect((await guarded(device, second)).status).toBe(201);
  });

  test('is known as such, connects while it is exempt, and is so until it can', async () => {
    await openGate();
    const device = await signedIn();
    await post(device, { helper: { version: '0.1.0', features: ['control'] } });
    expect(await device.row()).toMatchObject({ helper_version: '0.1.0', can_guard: 0, guard_seq: 0 });
    const { db } = server.ctx.database;
    await db.updateTable('device').set({ is_guard_exempt: 1 }).execute();
    await server.setPolicy({ trafficWhileWaiting: 'always' });
    expect((await post(device)).status).toBe(201);
    expect(await device.row()).toMatchObject({ helper_version: null, is_guard_exempt: 1 });
    expect((await guarded(device)).status).toBe(201);
    expect(await device.row()).toMatchObject({ helper_version: '0.2.0', can_guard: 1, is_guard_exempt: 0 });
    expect(await post(device)).toMatchObject(refusal);
    expect(await device.row()).toMatchObject({ helper_version: null, can_guard: 0 });
  });
});

describe('seq', () => {
  test('is another one for each of many at once, and the newest is the one that is kept', async () => {
    await openGate();
    const device = await signedIn();
    const answers = await Promise.all([
      guarded(device),
      guarded(device),
      ...Array.from({ length: 6 }, () => fetched(device)),
    ]);
    const seqs = answers.flatMap((answer) => {
      if ('seq' in answer) return [answer.seq];
      return answer.status === 201 ? [guardOf(answer.body.guard).seq] : [];
    });
    expect(seqs.length).toBeGreaterThan(6);
    expect(new Set(seqs).size).toBe(seqs.length);
    expect((await device.row()).guard_seq).toBeGreaterThanOrEqual(Math.max(...seqs));
  });

  test('is higher than what another process gives out while it is asked for', async () => {
    const device = await signedIn();
    await fetched(device);
    const given = server.clock.now + 5_000;
    const other = new DatabaseSync(server.ctx.config.databaseFile);
    other.exec('begin immediate');
    other.prepare('update device set guard_seq = ?').run(given);
    const asked = fetched(device);
    await new Promise((resolve) => setTimeout(resolve, 100));
    other.exec('commit');
    other.close();
    expect((await asked).seq).toBeGreaterThan(given);
  });

  test('goes on rising when the clock is set back', async () => {
    const device = await signedIn();
    const before = await fetched(device);
    server.clock.now -= 3_600_000;
    const after = await fetched(device);
    expect(after.seq).toBe(before.seq + 1);
    expect(after.iat).toBeLessThan(before.iat);
  });
});

describe('networks', () => {
  async function addGateway(networks: string[], createdAt: number): Promise<void> {
    const id = newId(createdAt);
    const row = await server.ctx.database.db.selectFrom('gateway').selectAll().executeTakeFirstOrThrow();
    const allowed_ips_json = JSON.stringify(networks);
    await server.ctx.database.db
      .insertInto('gateway')
      .values({ ...row, id, token_hash: id, allowed_ips_json, created_at: createdAt, removed_at: null })
      .execute();
  }

  test('are those of the gateway that the device was at last, connected or not', async () => {
    await openGate();
    await addGateway(['10.99.0.0/16'], 1);
    const device = await signedIn();
    const { body } = await guarded(device);
    await device.call('DELETE', `connections/${body.leaseId}`);
    expect((await fetched(device)).networks).toEqual(['10.214.0.0/24']);
  });

  test('are those of all gateways where it was at none, or that one is gone: each once, and no more than go into one', async () => {
    const device = await signedIn();
    await addGateway(['10.214.0.0/24', '10.99.0.0/16'], 1);
    expect((await fetched(device)).networks).toEqual(['10.214.0.0/24', '10.99.0.0/16']);
    await openGate();
    await guarded(device);
    await server.ctx.database.db
      .updateTable('gateway')
      .set({ removed_at: 1 })
      .where('id', '=', gateway.id)
      .execute();
    expect((await fetched(device)).networks).toEqual(['10.214.0.0/24', '10.99.0.0/16']);
    await addGateway(
      Array.from({ length: 100 }, (_, at) => `10.100.${at}.0/24`),
      2,
    );
    expect((await fetched(device)).networks).toHaveLength(MAX_NETWORKS);
  });
});

test('while nobody knows where the server is, no guard is given that would lock a device out', async () => {
  const lost = await startTestServer();
  const at = await ScriptedGateway.create(lost);
  await at.connect(lost);
  await lost.setPolicy({ totpPriorConnection: false, trafficWhileWaiting: 'always' });
  const device = await TestDevice.signIn(lost, await lost.addMember());
  const body = { gatewayId: at.id, wgPublicKey: newWgKey(), helper: guardingHelper };
  const answer = await device.call('POST', 'connections', body);
  expect(answer.status).toBe(201);
  expect(answer.body).not.toHaveProperty('guard');
  expect((await device.call('GET', 'guard')).body.code).toBe('internal-error');
  await lost.setPolicy({ trafficWhileWaiting: 'off' });
  expect(guardOf((await device.call('GET', 'guard')).body.guard)).toMatchObject({ mode: 'off', control: [] });
  await at.disconnect();
  await lost.close();
});

test('who is not signed in gets no guard', async () => {
  expect((await server.request('GET', '/client/v1/guard')).status).toBe(401);
});
