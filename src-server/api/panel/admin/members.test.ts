import { afterEach, beforeEach, expect, test } from 'vitest';
import { PanelClient } from '../../../testing/panel-client.ts';
import { newWgKey, ScriptedClient, ScriptedGateway } from '../../../testing/scripted-ends.ts';
import { startTestServer, type TestMember, type TestServer } from '../../../testing/test-server.ts';

let server: TestServer;
let gateway: ScriptedGateway;
let owner: PanelClient;
beforeEach(async () => {
  server = await startTestServer();
  gateway = await ScriptedGateway.create(server);
  await gateway.connect(server);
  owner = await PanelClient.of(server, 'owner');
});
afterEach(async () => {
  await gateway.disconnect();
  await server.close();
});

/** Signs in and connects: a gate that the sign-in's code answers. */
async function connect(member: TestMember) {
  const session = await server.signIn(member);
  const body = { gatewayId: gateway.id, wgPublicKey: newWgKey() };
  const answer = await server.request('POST', '/client/v1/connections', {
    token: session.sessionToken,
    body,
  });
  expect(answer.status).toBe(201);
  return session;
}
const auditOf = (action: string) =>
  server.ctx.database.db.selectFrom('audit').selectAll().where('action', '=', action).execute();

test('a member who is added gets a password once, signs in with it, and is found by parts of the name', async () => {
  const added = await owner.call('POST', 'members', {
    email: 'Ana@Test.Example',
    name: 'Ana Émilie',
    role: 'member',
  });
  expect(added).toMatchObject({ status: 201, body: { member: { email: 'ana@test.example', mfa: 'none' } } });
  const { temporaryPassword } = added.body;
  expect(temporaryPassword).toMatch(/^[a-z2-9]{5}(-[a-z2-9]{5}){3}$/);
  const body = { email: 'ana@test.example', password: temporaryPassword };
  const signIn = await server.request('POST', '/panel/v1/sign-in', { body });
  expect(signIn.body.code).toBe('mfa-setup-required');
  for (const search of ['emil', 'ÉMIL', 'test.ex', 'ana@'])
    expect((await owner.get(`members?search=${encodeURIComponent(search)}`)).body.members).toContainEqual(
      expect.objectContaining({ id: added.body.member.id }),
    );
  expect((await owner.get('members?search=nobody%25')).body).toMatchObject({ members: [], total: 0 });
  const twice = await owner.call('POST', 'members', { email: 'ana@test.example', name: 'B' });
  expect(twice).toMatchObject({ status: 409, body: { code: 'email-taken' } });
  expect(JSON.stringify(await auditOf('member.add'))).not.toContain(temporaryPassword);
  expect(server.logLines.join('')).not.toContain(temporaryPassword);
});

test('the list goes by name in pages, each member once; a cursor that was tampered with is refused', async () => {
  for (let i = 0; i < 6; i++) await server.addMember({ withTotp: false });
  const seen: string[] = [];
  let cursor: string | null = '';
  do {
    const page: { body: { members: { name: string }[]; nextCursor: string | null; total: number } } =
      await owner.get(`members?limit=3${cursor ? `&cursor=${cursor}` : ''}`);
    expect(page.body.total).toBe(7);
    seen.push(...page.body.members.map(({ name }) => name));
    cursor = page.body.nextCursor;
  } while (cursor !== null);
  expect(seen).toHaveLength(7);
  expect(seen).toEqual([...new Set(seen)].sort());
  for (const wrong of ['x', btoa('[1,2]'), btoa('{"a":1}'), btoa('["a"]'), '%00'])
    expect((await owner.get(`members?cursor=${encodeURIComponent(wrong)}`)).body.code).toBe(
      'invalid-request',
    );
  for (const limit of ['0', '101', 'many', '1.5'])
    expect((await owner.get(`members?limit=${limit}`)).status).toBe(400);
});

test('status and role filter, and the row says where a member is connected', async () => {
  const member = await server.addMember();
  const bare = await server.addMember({ withTotp: false });
  await connect(member);
  const ids = async (query: string) =>
    (await owner.get(`members?${query}`)).body.members.map(({ id }: { id: string }) => id);
  expect(await ids('status=connected')).toEqual([member.id]);
  expect(await ids('status=no-mfa')).toEqual([bare.id]);
  expect(await ids('role=owner')).toEqual([owner.member.id]);
  expect(await ids('status=blocked')).toEqual([]);
  await server.ctx.database.db
    .updateTable('factor')
    .set({ is_disabled: 1 })
    .where('member_id', '=', member.id)
    .execute();
  expect(await ids('status=mfa-disabled')).toEqual([member.id]);
  const { body } = await owner.get(`members/${member.id}`);
  expect(body.member).toMatchObject({
    mfa: 'disabled',
    backupCodesLeft: 10,
    connections: [{ gatewayId: gateway.id, gatewayName: 'gw1', deviceName: 'Laptop' }],
    devices: [{ name: 'Laptop', isSignedIn: true, unlock: [] }],
    may: { block: true, enableFactor: true },
  });
  expect((await owner.call('POST', `members/${member.id}/enable-factor`)).body.member.mfa).toBe('active');
  expect((await owner.call('POST', `members/${bare.id}/enable-factor`, {})).body.code).toBe('wrong-state');
});

test('blocking takes the tunnel away and tells the client; unblocking lets in again', async () => {
  const member = await server.addMember();
  const session = await connect(member);
  const client = await ScriptedClient.connect(server, session.sessionToken);
  const blocked = await owner.call('POST', `members/${member.id}/block`);
  expect(blocked).toMatchObject({ status: 200, body: { member: { isBlocked: true, connections: [] } } });
  expect(gateway.peers.size).toBe(0);
  expect(await client.of('signed-out')).toMatchObject({ reason: { code: 'member-blocked' } });
  expect(await client.closed).toBe(4001);
  const [row] = await auditOf('member.block');
  expect(row).toMatchObject({ actor: `member:${owner.member.id}`, ip: '127.0.0.1' });
  expect((await owner.call('POST', `members/${member.id}/unblock`)).body.member.isBlocked).toBe(false);
  server.nextStep();
  await server.signIn(member);
});

test('disconnecting ends the tunnel, shows the reason, and warns when no gate is on', async () => {
  const member = await server.addMember();
  const session = await connect(member);
  const client = await ScriptedClient.connect(server, session.sessionToken);
  const body = { reason: 'New country', incidentId: 'INC-7' };
  const ended = await owner.call('POST', `members/${member.id}/disconnect`, body);
  expect(ended).toMatchObject({
    status: 200,
    body: { endedConnections: 1, isEnforced: true, notified: 1, offline: 0, warning: null },
  });
  expect(gateway.peers.size).toBe(0);
  expect(await client.of('disconnect')).toMatchObject({
    reason: { code: 'administrator', message: 'New country', incidentId: 'INC-7' },
  });
  await client.close();
  expect(await auditOf('member.disconnect')).toMatchObject([{ actor: `member:${owner.member.id}` }]);
  await server.setPolicy({ totpPriorConnection: false });
  expect((await owner.call('POST', `members/${member.id}/disconnect`)).body.warning).toContain(
    'No gate policy',
  );
});

test('a member who is removed is out, cannot come back, frees the address, and stays in the logs', async () => {
  const member = await server.addMember();
  const session = await connect(member);
  expect((await owner.call('DELETE', `members/${member.id}`)).status).toBe(204);
  expect(gateway.peers.size).toBe(0);
  expect(
    (await server.request('GET', '/client/v1/me', { token: session.sessionToken })).status,
  ).toBeGreaterThan(400);
  const body = server.signInBody(member);
  expect((await server.request('POST', '/client/v1/sign-in', { body })).body.code).toBe(
    'invalid-credentials',
  );
  expect((await owner.get(`members/${member.id}`)).body.code).toBe('member-not-found');
  expect((await owner.call('DELETE', `members/${member.id}`)).status).toBe(404);
  expect((await owner.get('members')).body.total).toBe(1);
  const again = await owner.call('POST', 'members', { email: member.email, name: 'Again' });
  expect(again.status).toBe(201);
  const token = await server.addApiToken(['logs:read', 'members:read']);
  const log = await server.request('GET', '/api/v1/gateway-level-logs', { token });
  expect(log.body).toMatchObject([{ member_id: member.id, username: member.email }]);
  const list = await server.request('GET', '/api/v1/members', { token });
  expect(list.body.map(({ id }: { id: string }) => id)).not.toContain(member.id);
});
