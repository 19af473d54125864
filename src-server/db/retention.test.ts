import { afterEach, beforeEach, expect, test } from 'vitest';
import { Housekeeping } from '../audit/housekeeping.ts';
import { appendRefusal } from '../audit/refusals.ts';
import { newWgKey, ScriptedGateway } from '../testing/scripted-ends.ts';
import { TestDevice } from '../testing/test-device.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';
import { purgePast } from './retention.ts';

const DAY_MS = 86_400_000;
let server: TestServer;
let gateway: ScriptedGateway;
beforeEach(async () => {
  server = await startTestServer();
  gateway = await ScriptedGateway.create(server);
  await gateway.connect(server);
  await server.setPolicy({ totpPriorConnection: false });
});
afterEach(async () => {
  await gateway.disconnect();
  await server.close();
});

const purge = (days = 0) =>
  purgePast(server.ctx.database.db, server.ctx.config.retention, server.clock.now + days * DAY_MS);
const count = async (
  table: 'session' | 'lease' | 'factor' | 'mfa_reset' | 'challenge' | 'event' | 'sign_in_token',
) => (await server.ctx.database.db.selectFrom(table).selectAll().execute()).length;

test('what has ended goes after its time, and what lives, or is not confirmed, stays', async () => {
  const { db } = server.ctx.database;
  const member = await server.addMember();
  const device = await TestDevice.signIn(server, member);
  const connect = () =>
    device.call('POST', 'connections', { gatewayId: gateway.id, wgPublicKey: newWgKey() });
  const ended: { body: { leaseId: string } } = await connect();
  await device.call('DELETE', `connections/${ended.body.leaseId}`);
  const unconfirmed: { body: { leaseId: string } } = await connect();
  await device.call('DELETE', `connections/${unconfirmed.body.leaseId}`);
  await db
    .updateTable('lease')
    .set({ enforced_at: null })
    .where('id', '=', unconfirmed.body.leaseId)
    .execute();
  expect((await connect()).status).toBe(201);
  expect(await count('lease')).toBe(3);
  expect(await purge(399)).not.toHaveProperty('endedLeasesDays');
  expect(await purge(401)).toMatchObject({ endedLeasesDays: 1 });
  const left = await db.selectFrom('lease').selectAll().execute();
  expect(left.map(({ id }) => id)).not.toContain(ended.body.leaseId);
  expect(left).toHaveLength(2);
});

test('sessions, factors, reset links, challenges, events and sign-in tokens go; the last session of somebody stays', async () => {
  const { db } = server.ctx.database;
  const member = await server.addMember();
  const memberId = member.id;
  await server.signIn(member);
  server.nextStep();
  await server.signIn(member);
  await db.updateTable('session').set({ ended_at: server.clock.now }).execute();
  const deviceId = (await db.selectFrom('device').select('id').executeTakeFirstOrThrow()).id;
  const at = server.clock.now;
  await db.updateTable('factor').set({ state: 'ended' }).execute();
  await db.updateTable('factor').set({ ended_at: at }).execute();
  await db
    .insertInto('mfa_reset')
    .values({
      id: 'r',
      member_id: memberId,
      token_hash: 'h',
      requested_by: 'cli',
      created_at: at,
      expires_at: at,
    })
    .execute();
  await db
    .insertInto('challenge')
    .values({
      ...{
        id: 'c',
        device_id: deviceId,
        epoch: 0,
        nonce: 'n',
        requires_json: '[]',
        unlock_methods_json: '[]',
      },
      ...{ expires_at: at, purpose: 'connect' },
    })
    .execute();
  await db
    .insertInto('event')
    .values({ device_id: deviceId, seq: 99, frame_json: '{}', created_at: at })
    .execute();
  await db
    .insertInto('sign_in_token')
    .values({
      ...{ token_hash: 'h', member_id: memberId, purpose: 'mfa', device_json: '{}' },
      ...{ expires_at: at, surface: 'client' },
    })
    .execute();
  const tokens = await count('sign_in_token');
  expect(await purge(0.9)).toEqual({});
  expect(await purge(1.1)).toEqual({ challengesDays: 1, signInTokensDays: tokens });
  expect(await purge(30.1)).toEqual({ eventsDays: 1 });
  expect(await purge(90.1)).toEqual({ endedSessionsDays: 1, endedFactorsDays: 1, resetLinksDays: 1 });
  expect([await count('session'), await count('factor')]).toEqual([1, 0]);
  expect(await purge(10_000)).toEqual({});
});

test('a factor tells when it ended, and one that was never confirmed goes too', async () => {
  const { db } = server.ctx.database;
  await server.addMember();
  await db.updateTable('factor').set({ state: 'ended' }).execute();
  const { ended_at } = await db.selectFrom('factor').select('ended_at').executeTakeFirstOrThrow();
  expect(Math.abs((ended_at ?? 0) - Date.now())).toBeLessThan(60_000);
  await server.addMember();
  await db.updateTable('factor').set({ state: 'pending' }).where('state', '=', 'active').execute();
  expect(await purge(92)).toEqual({ endedFactorsDays: 2 });
});

test('0 keeps for ever, and thousands go in slices between which others have their turn', async () => {
  const { db } = server.ctx.database;
  const member = await server.addMember();
  await server.signIn(member);
  const { id: deviceId } = await db.selectFrom('device').select('id').executeTakeFirstOrThrow();
  const at = server.clock.now - 60 * DAY_MS;
  for (let slice = 0; slice < 5; slice++)
    await db
      .insertInto('event')
      .values(
        Array.from({ length: 250 }, (_, seq) => ({
          ...{ device_id: deviceId, seq: 1000 + slice * 250 + seq, frame_json: '{}', created_at: at },
        })),
      )
      .execute();
  const keep = { ...server.ctx.config.retention, eventsDays: 0 };
  await purgePast(db, keep, server.clock.now);
  const before = await count('event');
  expect(before).toBeGreaterThanOrEqual(1250);
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  expect(await purge()).toMatchObject({ eventsDays: 1250 });
  clearInterval(timer);
  expect(turns).toBeGreaterThan(4);
  expect(await count('event')).toBe(before - 1250);
});

test('the server writes down what it has counted of strangers when it stops', async () => {
  const { db } = server.ctx.database;
  const entry = {
    actor: 'anonymous',
    action: 'sign-in.password',
    outcome: 'refused',
    ip: '192.0.2.1',
  } as const;
  for (let i = 0; i < 3; i++)
    await db.transaction().execute((tx) => appendRefusal(tx, { ...entry, at: server.clock.now }));
  const housekeeping = new Housekeeping(server.ctx);
  await housekeeping.round();
  const rows = () => db.selectFrom('audit').selectAll().where('action', '=', 'sign-in.password').execute();
  expect(await rows()).toHaveLength(1);
  await housekeeping.stop();
  expect((await rows()).map(({ details_json }) => JSON.parse(details_json).count)).toEqual([undefined, 2]);
});
