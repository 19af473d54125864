import { afterEach, beforeEach, expect, test } from 'vitest';
import { newWgKey, ScriptedGateway } from '../../testing/scripted-ends.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';

let server: TestServer;
let token: string;
beforeEach(async () => {
  server = await startTestServer();
  token = await server.addApiToken(['members:write', 'members:read', 'logs:read']);
});
afterEach(() => server.close());

const call = (method: string, path: string, body?: unknown, bearer = token) =>
  server.request(method, `/api/v1/${path}`, { token: bearer, ...(body === undefined ? {} : { body }) });
const person = { name: 'Example name', email: 'New@Test.Example', password: 'a strong password' };

test('a member is added, modified and removed, in the words of GoodAccess', async () => {
  const created = await call('POST', 'member', person);
  expect(created).toMatchObject({ status: 200, body: { message: 'Member created successfully' } });
  const id = created.body.created_id;
  expect((await call('GET', `member/${id}`)).body).toMatchObject({
    name: 'Example name',
    email: 'new@test.example',
  });
  const modified = await call('PUT', `member/${id.toUpperCase()}`, { name: 'Other', is_blocked: true });
  expect(modified).toMatchObject({
    status: 200,
    body: { message: `Member with id ${id} has been modified.` },
  });
  expect((await call('GET', `member/${id}`)).body).toMatchObject({ name: 'Other', is_blocked: true });
  const removed = await call('DELETE', `member/${id}`);
  expect(removed).toMatchObject({ status: 200, body: { message: `User with id ${id} has been removed.` } });
  for (const answer of [await call('GET', `member/${id}`), await call('DELETE', `member/${id}`)])
    expect(answer).toMatchObject({ status: 404, body: { code: 'member-not-found' } });
});

test('a new password ends sessions and tunnels', async () => {
  const gateway = await ScriptedGateway.create(server);
  await gateway.connect(server);
  const member = await server.addMember();
  const session = await server.signIn(member);
  const body = { gatewayId: gateway.id, wgPublicKey: newWgKey() };
  await server.request('POST', '/client/v1/connections', { token: session.sessionToken, body });
  expect(gateway.peers.size).toBe(1);
  expect((await call('PUT', `member/${member.id}`, { password: 'another strong password' })).status).toBe(
    200,
  );
  expect(gateway.peers.size).toBe(0);
  const me = await server.request('GET', '/client/v1/me', { token: session.sessionToken });
  expect(me.body.code).toBe('session-invalid');
  expect(server.logLines.join('')).not.toContain('another strong password');
  await gateway.disconnect();
});

test('what is missing, weak, taken or unknown is refused', async () => {
  await call('POST', 'member', person);
  expect((await call('POST', 'member', person)).body.code).toBe('email-taken');
  for (const change of [
    { password: 'short' },
    { name: '' },
    { email: 'nowhere' },
    { email: undefined },
    { username: 'a@b.example' },
    { role: 'owner' },
  ])
    expect((await call('POST', 'member', { ...person, ...change })).body.code).toBe('invalid-request');
  expect((await call('PUT', 'member/01a1ffbd-8da2-7710-bc82-16adeaf130c7', { name: 'X' })).status).toBe(404);
  const member = await server.addMember();
  expect((await call('PUT', `member/${member.id}`, {})).status).toBe(400);
  expect((await call('PUT', `member/${member.id}`, { email: person.email })).body.code).toBe('email-taken');
});

test('a token without the scope hears that before anything else, and none changes owners or administrators', async () => {
  const reader = await server.addApiToken(['members:read', 'members:disconnect']);
  expect(await call('POST', 'member', { colour: 'red' }, reader)).toMatchObject({
    status: 403,
    body: { code: 'insufficient-scope' },
  });
  for (const role of ['owner', 'administrator'] as const) {
    const { id } = await server.addMember({ role });
    for (const [method, body] of [
      ['PUT', { password: 'a password of mine' }],
      ['DELETE', undefined],
    ] as const)
      expect(await call(method, `member/${id}`, body)).toMatchObject({
        status: 403,
        body: { code: 'insufficient-role' },
      });
  }
  await server.ctx.database.later.flush();
  const uses = await server.ctx.database.db
    .selectFrom('api_token')
    .select('use_count')
    .orderBy('id')
    .execute();
  expect(uses.map((row) => row.use_count)).toContain(4);
});

test('the logs are filtered by member, gateway, time and outcome', async () => {
  const gateway = await ScriptedGateway.create(server);
  await gateway.connect(server);
  const members = [await server.addMember(), await server.addMember()] as const;
  for (const member of members) {
    const { sessionToken } = await server.signIn(member);
    const body = { gatewayId: gateway.id, wgPublicKey: newWgKey() };
    await server.request('POST', '/client/v1/connections', { token: sessionToken, body });
  }
  const [first, second] = members;
  const logs = async (path: string) => (await call('GET', path)).body;
  const tunnels = await logs(`gateway-level-logs?member_id=${first.id}`);
  expect(tunnels).toMatchObject([
    {
      protocol: 'WireGuard',
      stop: null,
      uploaded_bytes: 0,
      user: { id: first.id, username: first.email },
      gateway: { id: gateway.id, name: 'gw1' },
    },
  ]);
  expect(await logs(`gateway-level-logs?gateway_id=${gateway.id}`)).toHaveLength(2);
  expect(await logs('gateway-level-logs?end=2020-01-01%2000:00:00')).toEqual([]);
  expect(await logs('gateway-level-logs?start=2020-01-01')).toHaveLength(2);
  const about = await logs(`system-level-logs?member_id=${second.id}&limit=1000`);
  expect(about.length).toBeGreaterThan(2);
  for (const row of about) expect([row.actor, row.subject]).toContain(`member:${second.id}`);
  expect(await logs('system-level-logs?action=lease.begin')).toHaveLength(2);
  expect(await logs('system-level-logs?action=lease')).toEqual([]);
  expect(await logs('system-level-logs?outcome=refused')).toEqual([]);
  expect(await logs(`system-level-logs?search=${second.email}&action=session.begin`)).toHaveLength(1);
  for (const wrong of ['start=yesterday', 'start=2020-13-01', 'page=0', 'outcome=maybe', 'limit=1001'])
    expect((await call('GET', `system-level-logs?${wrong}`)).body.code).toBe('invalid-request');
});

test('pages of the log do not overlap and leave nothing out, filtered or not', async () => {
  for (let i = 0; i < 5; i++) await server.addMember();
  for (const filter of ['', '&action=member.add']) {
    const ids: number[] = [];
    for (let page = 1; page <= 3; page++) {
      const { body } = await call('GET', `system-level-logs?limit=2&page=${page}${filter}`);
      ids.push(...body.map((row: { id: number }) => row.id));
    }
    // Unfiltered, each look adds a row for itself: later pages begin further back.
    expect(ids).toEqual([...ids].sort((a, b) => b - a));
    if (filter) expect(new Set(ids).size).toBe(5);
  }
});
