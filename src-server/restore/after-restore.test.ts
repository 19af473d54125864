import { afterEach, beforeEach, expect, test } from 'vitest';
import { verifyAudit } from '../audit/audit-log.ts';
import { ScriptedGateway } from '../testing/scripted-ends.ts';
import { TestDevice } from '../testing/test-device.ts';
import { startTestServer, type TestMember, type TestServer } from '../testing/test-server.ts';
import { takeBack } from './after-restore.ts';

let server: TestServer;
let member: TestMember;
let gateway: ScriptedGateway;
beforeEach(async () => {
  server = await startTestServer({
    config: { mail: { host: '127.0.0.1', port: 2525, security: 'none', from: 'vpn@test.example' } },
  });
  gateway = await ScriptedGateway.create(server);
  await gateway.connect(server);
  member = await server.addMember({ role: 'owner' });
  await server.setPolicy({ signInGraceSeconds: 0 });
});
afterEach(async () => {
  await gateway.disconnect();
  await server.close();
});

const madeAt = () => server.clock.now - 3_600_000;

/** As the commands do it: while no server runs. */
async function restored() {
  await gateway.disconnect();
  const taken = await takeBack(server.ctx, { actor: 'cli', madeAt: madeAt() });
  await server.restart();
  await gateway.connect(server);
  return taken;
}

async function connected(device: TestDevice): Promise<{ epoch: number }> {
  const challenge = await device.ask(gateway.id);
  const answer = await device.connect(gateway.id, challenge, [device.code()]);
  expect(answer.status).toBe(201);
  server.nextStep();
  return answer.body;
}

test('no kicked tunnel comes back, and whoever signs in anew gets in with a fresh code', async () => {
  const device = await TestDevice.signIn(server, member);
  await connected(device);
  expect(gateway.peers.size).toBe(1);
  const taken = await restored();
  expect(taken).toMatchObject({ connections: 1, sessions: 1, devices: 1, unlocks: 0 });
  expect(gateway.peers.size).toBe(0);
  expect((await device.call('GET', 'me')).status).toBe(401);

  server.nextStep(2);
  const again = await TestDevice.signIn(server, member);
  expect((await connected(again)).epoch).toBeGreaterThanOrEqual(0);
  expect(gateway.peers.size).toBe(1);
});

test('the epoch is beyond any that the computer has seen, and a second restore of the same copy still is', async () => {
  const device = await TestDevice.signIn(server, member);
  const epochOf = async () => {
    const { epoch } = await server.ctx.database.db
      .selectFrom('device')
      .select('epoch')
      .where('id', '=', device.session.deviceId)
      .executeTakeFirstOrThrow();
    return epoch;
  };
  await restored();
  expect(await epochOf()).toBe(server.clock.now);
  await restored();
  expect(await epochOf()).toBe(server.clock.now + 1);
});

test('codes that were shown until now, backup codes and links count no more; the code after them does', async () => {
  const { db } = server.ctx.database;
  await db
    .insertInto('mfa_reset')
    .values({
      ...{ id: 'r', member_id: member.id, token_hash: 'h', requested_by: 'cli', factor_id: null },
      ...{ created_at: 0, expires_at: server.clock.now + 1000, used_at: null, withdrawn_at: null },
    })
    .execute();
  expect(await restored()).toMatchObject({ backupCodes: 10, resets: 1 });
  const signIn = async (method: string, code: string) => {
    const first = await server.request('POST', '/client/v1/sign-in', { body: server.signInBody(member) });
    const body = { mfaToken: first.body.mfaToken, method, code };
    return server.request('POST', '/client/v1/sign-in/mfa', { body });
  };
  for (const steps of [0, 1])
    expect((await signIn('totp', server.codeOf(member, steps))).body).toMatchObject({
      code: 'code-already-used',
    });
  expect((await signIn('backup-code', member.backupCodes[0] ?? '')).status).toBe(401);
  server.nextStep();
  expect((await signIn('totp', server.codeOf(member, 1))).status).toBe(200);
});

test('a device with a PIN is asked for a code, and the PIN stays', async () => {
  const device = await TestDevice.signIn(server, member);
  await server.ctx.database.db
    .updateTable('device')
    .set({ pin_salt: 's', pin_verifier: 'v' })
    .where('id', '=', device.session.deviceId)
    .execute();
  expect(await restored()).toMatchObject({ unlocks: 1 });
  const row = await server.ctx.database.db.selectFrom('device').selectAll().executeTakeFirstOrThrow();
  expect(row).toMatchObject({ is_code_demanded: 1, pin_verifier: 'v', soft_base_at: 0 });
});

test('an API token is refused with the reason until it is confirmed', async () => {
  const token = await server.addApiToken(['members:read']);
  expect(await restored()).toMatchObject({ apiTokens: 1 });
  const call = () => server.request('GET', '/api/v1/members', { token });
  const refused = await call();
  expect(refused.status).toBe(401);
  expect(refused.body.detail).toContain('once an owner has confirmed it');
  const { db } = server.ctx.database;
  await db.updateTable('api_token').set({ suspended_at: null }).execute();
  expect((await call()).status).toBe(200);
});

test('what was stored for a device before is not sent to it, and no member misses the mail', async () => {
  const device = await TestDevice.signIn(server, member);
  const { db } = server.ctx.database;
  await db
    .insertInto('event')
    .values({ device_id: device.session.deviceId, seq: 1, frame_json: '{}', created_at: 0 })
    .execute();
  await server.addMember();
  const gone = await server.addMember();
  await db.updateTable('member').set({ is_blocked: 1 }).where('id', '=', gone.id).execute();
  await db.deleteFrom('mail').execute();
  await restored();
  const now = server.ctx.database.db;
  expect(await now.selectFrom('event').select('seq').execute()).toEqual([]);
  const mails = await now.selectFrom('mail').select(['kind', 'member_id']).execute();
  expect(mails.map(({ kind }) => kind)).toEqual(['server-restored', 'server-restored']);
  expect(mails.map(({ member_id }) => member_id)).not.toContain(gone.id);
});

test('all of it is in the audit log, whose chain holds', async () => {
  const device = await TestDevice.signIn(server, member);
  await connected(device);
  await restored();
  const { db } = server.ctx.database;
  const rows = await db.selectFrom('audit').selectAll().orderBy('seq', 'desc').limit(20).execute();
  expect(rows.find(({ action }) => action === 'lease.end')).toMatchObject({ actor: 'cli' });
  const row = rows.find(({ action }) => action === 'database.restored');
  expect(JSON.parse(row?.details_json ?? '')).toMatchObject({
    madeAt: new Date(madeAt()).toISOString(),
    connections: 1,
  });
  expect(await verifyAudit(db)).toMatchObject({ brokenAt: null });
});
