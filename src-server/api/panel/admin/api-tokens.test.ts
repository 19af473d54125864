import { afterEach, beforeEach, expect, test } from 'vitest';
import { PanelClient } from '../../../testing/panel-client.ts';
import { startTestServer, type TestServer } from '../../../testing/test-server.ts';

let server: TestServer;
let owner: PanelClient;
beforeEach(async () => {
  server = await startTestServer();
  owner = await PanelClient.of(server, 'owner');
});
afterEach(() => server.close());

const create = async (body: Record<string, unknown> = {}) =>
  (await owner.call('POST', 'api-tokens', { name: 'SOC', scopes: ['members:read'], ...body })).body;
const members = (token: string) => server.request('GET', '/api/v1/members', { token });

test('a token is shown once, works, and its use is seen', async () => {
  const { apiToken, token } = await create({ scopes: ['members:read', 'members:read'] });
  expect(apiToken).toMatchObject({
    name: 'SOC',
    scopes: ['members:read'],
    allowedIps: [],
    status: 'active',
    useCount: 0,
  });
  expect((await members(token)).status).toBe(200);
  await server.ctx.database.later.flush();
  const list = (await owner.get('api-tokens')).body.apiTokens;
  expect(list).toMatchObject([{ id: apiToken.id, useCount: 1, lastUsedIp: '127.0.0.1' }]);
  expect(JSON.stringify(list)).not.toContain(token);
  const rows = await server.ctx.database.db.selectFrom('audit').selectAll().execute();
  expect(JSON.stringify(rows)).not.toContain(token);
  expect(server.logLines.join('')).not.toContain(token);
});

test('outside of scope, address and time it is refused, and once revoked for good', async () => {
  const far = await create({ allowedIps: ['192.0.2.7', '2001:db8::/32'] });
  expect(far.apiToken.allowedIps).toEqual(['192.0.2.7/32', '2001:db8::/32']);
  expect((await members(far.token)).body.code).toBe('token-invalid');
  const scoped = await create({ scopes: ['logs:read'] });
  expect((await members(scoped.token)).body.code).toBe('insufficient-scope');
  const short = await create({ expiresDays: 1 });
  const revoked = await create();
  expect((await owner.call('DELETE', `api-tokens/${revoked.apiToken.id}`)).status).toBe(204);
  expect((await owner.call('DELETE', `api-tokens/${revoked.apiToken.id}`)).status).toBe(404);
  expect((await members(revoked.token)).body.code).toBe('token-invalid');
  server.clock.now += 86_400_000;
  expect((await members(short.token)).body.code).toBe('token-invalid');
  const again = await PanelClient.of(server, 'administrator');
  const statuses = (await again.get('api-tokens')).body.apiTokens.map(
    (row: { status: string }) => row.status,
  );
  expect(statuses.sort()).toEqual(['active', 'active', 'expired', 'revoked']);
});

test.each([
  { name: '' },
  { scopes: [] },
  { scopes: ['everything'] },
  { expiresDays: 0 },
  { expiresDays: 3651 },
  { allowedIps: ['10.0.0.0/33'] },
  { allowedIps: ['anywhere'] },
])('a token with %j is not made', async (change) => {
  expect((await create(change)).code).toBe('invalid-request');
});

test('the list goes in pages, the newest first', async () => {
  for (let i = 0; i < 5; i++) await create({ name: `token ${i}` });
  const first = (await owner.get('api-tokens?limit=3')).body;
  const second = (await owner.get(`api-tokens?limit=3&cursor=${first.nextCursor}`)).body;
  const names = [...first.apiTokens, ...second.apiTokens].map((row: { name: string }) => row.name);
  expect([...names].sort()).toEqual([0, 1, 2, 3, 4].map((i) => `token ${i}`));
  expect(second.nextCursor).toBeNull();
});

test('a token that a restore has suspended works again once an owner has confirmed it, nobody else', async () => {
  const { apiToken, token } = await create();
  await server.ctx.database.db.updateTable('api_token').set({ suspended_at: server.clock.now }).execute();
  expect((await owner.get('api-tokens')).body.apiTokens).toMatchObject([{ status: 'suspended' }]);
  const waiting = async () =>
    (await owner.get('overview')).body.attention.filter(
      ({ kind }: { kind: string }) => kind === 'tokens-suspended',
    );
  const { id, name } = apiToken;
  expect(await waiting()).toEqual([{ kind: 'tokens-suspended', count: 1, apiTokens: [{ id, name }] }]);
  const confirm = (by: PanelClient) => by.call('POST', `api-tokens/${apiToken.id}/confirm`);
  const administrator = await PanelClient.of(server, 'administrator');
  expect((await confirm(administrator)).body.code).toBe('insufficient-role');
  expect((await members(token)).body.detail).toContain('once an owner has confirmed it');
  server.clock.now += 600_000;
  expect((await confirm(owner)).body.code).toBe('step-up-required');
  server.clock.now -= 600_000;
  expect((await confirm(owner)).status).toBe(204);
  expect(await waiting()).toEqual([]);
  expect((await members(token)).status).toBe(200);
  expect((await confirm(owner)).status).toBe(404);
});
