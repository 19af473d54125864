import { afterEach, beforeEach, expect, test } from 'vitest';
import { PanelClient } from '../testing/panel-client.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';
import { verifyAudit } from './audit-log.ts';
import { appendRefusal, closeRefusals, MOST_KINDS_AN_HOUR } from './refusals.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.close());

const rowsOf = async (action: string) => {
  const { db } = server.ctx.database;
  const rows = await db.selectFrom('audit').selectAll().where('action', '=', action).orderBy('seq').execute();
  return rows.map(({ details_json, ...row }) => ({ ...row, details: JSON.parse(details_json) }));
};
const refuse = (ip: string, details: Record<string, unknown> = { refusal: 'invalid-credentials' }) =>
  server.ctx.database.db.transaction().execute((tx) =>
    appendRefusal(tx, {
      ...{ at: server.clock.now, actor: 'anonymous', action: 'sign-in.password' },
      ...{ outcome: 'refused', ip, details },
    }),
  );
const close = () => closeRefusals(server.ctx.database.db, server.clock.now);
const HOUR = 3_600_000;

test('strangers who keep trying make one row at once, and one with count, first and last when the hour is over', async () => {
  server.clock.now = Math.ceil(server.clock.now / HOUR) * HOUR;
  const start = server.clock.now;
  for (let guess = 0; guess < 40; guess++) {
    const body = { ...server.signInBody(await nobody()), email: `stranger${guess}@flood.example` };
    expect((await server.request('POST', '/client/v1/sign-in', { body })).status).toBe(401);
    server.clock.now += 1000;
  }
  expect(await rowsOf('sign-in.password')).toMatchObject([{ actor: 'anonymous', ip: '127.0.0.1' }]);
  expect(await close()).toBe(0);
  server.clock.now = start + HOUR;
  expect(await close()).toBe(1);
  const [, counted, ...more] = await rowsOf('sign-in.password');
  expect(more).toEqual([]);
  const iso = (time: number) => new Date(time).toISOString();
  expect(counted).toMatchObject({ actor: 'anonymous', outcome: 'refused', ip: '127.0.0.1' });
  expect(counted?.details).toEqual({
    refusal: 'invalid-credentials',
    ...{ count: 39, first: iso(start + 1000), last: iso(start + 39_000) },
  });
  expect(await verifyAudit(server.ctx.database.db)).toMatchObject({ brokenAt: null });
  expect(await close()).toBe(0);
});

const nobody = async () => ({ id: '', email: '', password: 'a guess', totpSecret: '', backupCodes: [] });

test('a person who mistypes is told row by row; who goes on is counted', async () => {
  const member = await server.addMember();
  const body = { ...server.signInBody(member), password: 'wrong' };
  for (let guess = 0; guess < 12; guess++) await server.request('POST', '/client/v1/sign-in', { body });
  const rows = await rowsOf('sign-in.password');
  const refusals = rows.map(({ details }) => details.refusal);
  expect(refusals.filter((refusal) => refusal === 'invalid-credentials')).toHaveLength(5);
  expect(refusals.filter((refusal) => refusal === 'too-many-attempts')).toHaveLength(5);
  server.clock.now += HOUR;
  expect(await close()).toBe(1);
  expect((await rowsOf('sign-in.password')).at(-1)).toMatchObject({
    actor: `member:${member.id}`,
    details: { refusal: 'too-many-attempts', count: 2 },
  });
});

test('a dead API token that is used without end, and a link that does not count, are counted too', async () => {
  const token = await server.addApiToken(['members:read'], { expiresDays: 0 });
  for (let call = 0; call < 30; call++) await server.request('GET', '/api/v1/members', { token });
  const visitor = await PanelClient.of(server, 'member');
  for (let call = 0; call < 30; call++) {
    const link = { token: 'x'.repeat(43), password: 'a guess' };
    expect((await visitor.call('POST', 'mfa-reset/begin', link)).body.code).toBe('reset-link-invalid');
  }
  expect(await rowsOf('api-token.use')).toHaveLength(1);
  expect(await rowsOf('mfa-reset.link')).toHaveLength(1);
  server.clock.now += HOUR;
  await close();
  const [, counted] = await rowsOf('api-token.use');
  expect(counted?.details).toMatchObject({ why: 'expired', route: '/api/v1/members', count: 29 });
});

test('addresses of one /64 are one; other refusals are not; IPv4 in IPv6 is IPv4', async () => {
  await refuse('2001:db8:1:2::1');
  await refuse('2001:db8:1:2:ffff::9');
  await refuse('2001:db8:1:3::1');
  await refuse('2001:db8:1:2::1', { refusal: 'too-many-attempts' });
  await refuse('192.0.2.1');
  await refuse('::ffff:192.0.2.1');
  expect(await rowsOf('sign-in.password')).toHaveLength(4);
  server.clock.now += HOUR;
  expect(await close()).toBe(2);
  const counted = (await rowsOf('sign-in.password')).slice(4).map(({ details }) => details.network);
  expect(counted).toEqual(['2001:db8:1:2::/64', undefined]);
});

test('more addresses than the log tells apart in an hour are one row together', async () => {
  const flood = MOST_KINDS_AN_HOUR + 300;
  for (let index = 0; index < flood; index++) await refuse(`198.18.${index >> 8}.${index & 255}`);
  expect(await rowsOf('sign-in.password')).toHaveLength(MOST_KINDS_AN_HOUR + 1);
  // One that is told apart goes on being so.
  await refuse('198.18.0.0');
  server.clock.now += HOUR;
  expect(await close()).toBe(2);
  const counted = (await rowsOf('sign-in.password')).slice(MOST_KINDS_AN_HOUR + 1);
  expect(new Set(counted.map(({ ip, details }) => `${ip} ${details.count}`))).toEqual(
    new Set(['null 299', '198.18.0.0 1']),
  );
  expect(await server.ctx.database.db.selectFrom('refusal').selectAll().execute()).toEqual([]);
});

test('what was counted is there after a crash, and is written when the server stops', async () => {
  for (let count = 0; count < 3; count++) await refuse('192.0.2.1');
  await server.restart();
  const { db } = server.ctx.database;
  expect(await closeRefusals(db, server.clock.now, { isAll: true })).toBe(1);
  expect((await rowsOf('sign-in.password')).at(-1)?.details).toMatchObject({ count: 2 });
});
