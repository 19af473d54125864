import http from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isInNetworks, plainAddress } from '../../client-address.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';
import { revokeApiToken } from './api-token-store.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.close());

const get = (path: string, token?: string) =>
  server.request('GET', path, token === undefined ? {} : { token });

test('members and one member, in the shape of GoodAccess', async () => {
  const member = await server.addMember();
  const bare = await server.addMember({ withTotp: false });
  const token = await server.addApiToken(['members:read']);
  const list = await get('/api/v1/members', token);
  expect(list.status).toBe(200);
  expect(list.body).toHaveLength(2);
  expect(list.body.find((item: { id: string }) => item.id === member.id)).toEqual({
    id: member.id,
    created_at: new Date(server.clock.now).toISOString().slice(0, 19).replace('T', ' '),
    avatar: null,
    name: 'Member 1',
    username: member.email,
    is_user_blocked: false,
    is_mfa_active: true,
  });
  const one = await get(`/api/v1/member/${bare.id.toUpperCase()}`, token);
  expect(one).toMatchObject({
    status: 200,
    body: {
      id: bare.id,
      name: 'Member 2',
      email: bare.email,
      avatar_url: null,
      is_mfa_active: false,
      is_blocked: false,
    },
  });
});

test.each(['01a1ffbd-8da2-7710-bc82-16adeaf130c7', 'not-an-id', '%27%20or%201=1'])(
  'member/%s is not found',
  async (id) => {
    const token = await server.addApiToken(['members:read']);
    expect(await get(`/api/v1/member/${id}`, token)).toMatchObject({
      status: 404,
      body: { code: 'member-not-found' },
    });
  },
);

test('any living token passes test-connection; each use is counted and audited', async () => {
  const token = await server.addApiToken([]);
  expect(await get('/api/v1/test-connection', token)).toMatchObject({
    status: 200,
    body: { message: 'Connection has been established successfully.' },
  });
  await get('/api/v1/test-connection', token);
  const { db, later } = server.ctx.database;
  await later.flush();
  expect(await db.selectFrom('api_token').selectAll().executeTakeFirst()).toMatchObject({
    use_count: 2,
    last_used_ip: '127.0.0.1',
    last_used_at: server.clock.now,
  });
  const uses = await db.selectFrom('audit').selectAll().where('action', '=', 'api-token.use').execute();
  expect(uses).toHaveLength(2);
});

test('a token without the scope, an unknown, expired, revoked or far-away one is refused', async () => {
  const scoped = await server.addApiToken(['logs:read']);
  const refused = await get('/api/v1/members', scoped);
  expect(refused).toMatchObject({ status: 403, body: { code: 'insufficient-scope' } });
  expect(refused.headers.get('www-authenticate')).toContain('insufficient_scope');

  const far = await server.addApiToken(['members:read'], { allowedIps: ['192.0.2.0/24', '::1/128'] });
  const near = await server.addApiToken(['members:read'], { allowedIps: ['192.0.2.0/24', '127.0.0.0/8'] });
  const expired = await server.addApiToken(['members:read'], { expiresDays: 0 });
  const revoked = await server.addApiToken(['members:read'], { expiresDays: 2 });
  const { db } = server.ctx.database;
  const row = await db
    .selectFrom('api_token')
    .select('id')
    .where('expires_at', '=', server.clock.now + 2 * 86_400_000)
    .executeTakeFirstOrThrow();
  await db
    .transaction()
    .execute((tx) => revokeApiToken(tx, { id: row.id, actor: 'cli', now: server.clock.now }));
  for (const token of [undefined, 'nonsense', far, expired, revoked])
    expect(await get('/api/v1/members', token)).toMatchObject({
      status: 401,
      body: { code: 'token-invalid' },
    });
  expect((await get('/api/v1/members', near)).status).toBe(200);
});

test('the logs: newest first, in pages, by query or by JSON body', async () => {
  const member = await server.addMember();
  await server.signIn(member);
  const token = await server.addApiToken(['logs:read']);
  const first = await get('/api/v1/system-level-logs?limit=2', token);
  expect(first.body).toHaveLength(2);
  expect(first.body[0].id).toBeGreaterThan(first.body[1].id);
  const page = await get('/api/v1/system-level-logs?limit=1&page=2', token);
  expect(page.body).toHaveLength(1);
  expect((await get('/api/v1/system-level-logs?limit=0', token)).body.code).toBe('invalid-request');
  expect((await get('/api/v1/system-level-logs?colour=red', token)).body.code).toBe('invalid-request');
  expect((await get('/api/v1/gateway-level-logs', token)).body).toEqual([]);

  const withBody = (body: string) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}`, 'content-length': Buffer.byteLength(body) };
      const request = http.request(`${server.url}/api/v1/system-level-logs`, { method: 'GET', headers });
      request.on('error', reject);
      request.on('response', (response) => {
        response.setEncoding('utf8');
        let text = '';
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      });
      request.end(body);
    });
  expect(JSON.parse((await withBody('{"limit":3,"page":1}')).text)).toHaveLength(3);
  expect((await withBody('{"limit":')).status).toBe(400);
  expect((await withBody('{"colour":"red"}')).status).toBe(400);
});

test('IPv4-mapped addresses count as IPv4', () => {
  expect(plainAddress('::ffff:192.0.2.7')).toBe('192.0.2.7');
  expect(isInNetworks('::ffff:192.0.2.7', ['192.0.2.0/24'])).toBe(true);
  expect(isInNetworks('2001:db8::1', ['192.0.2.0/24', '2001:db8::/32'])).toBe(true);
  expect(isInNetworks('192.0.3.7', ['192.0.2.0/24'])).toBe(false);
});
