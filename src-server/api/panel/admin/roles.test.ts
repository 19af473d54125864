import { afterEach, beforeEach, expect, test } from 'vitest';
import { PanelClient } from '../../../testing/panel-client.ts';
import { startTestServer, type TestMember, type TestServer } from '../../../testing/test-server.ts';

let server: TestServer;
let owner: PanelClient;
let administrator: PanelClient;
let plain: TestMember;
beforeEach(async () => {
  server = await startTestServer();
  owner = await PanelClient.of(server, 'owner');
  administrator = await PanelClient.of(server, 'administrator');
  plain = await server.addMember();
});
afterEach(() => server.close());

const someId = '01a1ffbd-8da2-7710-bc82-16adeaf130c7';
const routes = (id: string): [string, string, unknown?][] => [
  ['GET', 'policy'],
  ['POST', 'policy/preview', {}],
  ['PUT', 'policy', {}],
  ['GET', 'members'],
  ['GET', `members/${id}`],
  ['POST', 'members', { email: 'x@test.example', name: 'X', role: 'owner' }],
  ['PUT', `members/${id}`, { role: 'owner' }],
  ['POST', `members/${id}/block`, {}],
  ['POST', `members/${id}/unblock`, {}],
  ['POST', `members/${id}/disconnect`, {}],
  ['POST', `members/${id}/mfa-reset`, {}],
  ['POST', `members/${id}/enable-factor`, {}],
  ['DELETE', `members/${id}`],
  ['GET', 'mfa-resets'],
  ['DELETE', `mfa-resets/${someId}`],
  ['GET', 'gateways'],
  ['POST', 'gateways', {}],
  ['GET', `gateways/${someId}`],
  ['DELETE', `gateways/${someId}`],
  ['GET', 'api-tokens'],
  ['POST', 'api-tokens', {}],
  ['DELETE', `api-tokens/${someId}`],
  ['GET', 'audit'],
  ['GET', 'audit/actions'],
  ['GET', 'audit/export?format=csv'],
  ['POST', 'audit/verification', {}],
  ['GET', 'audit/verification'],
  ['GET', 'overview'],
];

test('a member is refused on every route of administrators, and changes nothing', async () => {
  const member = await PanelClient.of(server, 'member');
  const audited = async () =>
    (await server.ctx.database.db.selectFrom('audit').select('seq').execute()).length;
  const before = await audited();
  for (const [method, path, body] of routes(owner.member.id)) {
    const answer = await member.call(method, path, body);
    expect([method, path, answer.status, answer.body.code]).toEqual([method, path, 403, 'insufficient-role']);
  }
  expect(await audited()).toBe(before);
});

test('without a session and without the CSRF token nothing is answered or changed', async () => {
  for (const [method, path, body] of routes(plain.id)) {
    const bare = await server.request(method, `/panel/v1/${path}`, body === undefined ? {} : { body });
    expect([method, path, bare.status]).toEqual([method, path, 401]);
    if (method === 'GET') continue;
    const forged = await owner.call(method, path, body, { csrf: false });
    expect([method, path, forged.body.code]).toEqual([method, path, 'csrf-token-invalid']);
  }
  expect((await owner.get(`members/${plain.id}`)).body.member.isBlocked).toBe(false);
});

test('an administrator manages members, but neither makes nor changes owners and administrators', async () => {
  const other = await server.addMember({ role: 'administrator' });
  for (const target of [owner.member.id, other.id]) {
    for (const [method, path, body] of [
      ['PUT', `members/${target}`, { name: 'Mine now' }],
      ['POST', `members/${target}/block`, {}],
      ['POST', `members/${target}/disconnect`, {}],
      ['POST', `members/${target}/mfa-reset`, {}],
      ['POST', `members/${target}/enable-factor`, {}],
      ['DELETE', `members/${target}`, undefined],
    ] as const)
      expect((await administrator.call(method, path, body)).body.code).toBe('insufficient-role');
    expect((await administrator.get(`members/${target}`)).body.member.may).toEqual({
      edit: false,
      changeRole: false,
      block: false,
      remove: false,
      disconnect: false,
      resetMfa: false,
      enableFactor: false,
    });
  }
  for (const role of ['owner', 'administrator']) {
    const added = await administrator.call('POST', 'members', { email: 'x@test.example', name: 'X', role });
    expect(added.body.code).toBe('insufficient-role');
    const promoted = await administrator.call('PUT', `members/${plain.id}`, { role });
    expect(promoted.body.code).toBe('insufficient-role');
  }
  const own = `members/${administrator.member.id}`;
  expect((await administrator.call('PUT', own, { role: 'owner' })).body.code).toBe('insufficient-role');
  expect((await administrator.call('PUT', own, { name: 'Renamed' })).body.member.name).toBe('Renamed');
  expect((await administrator.call('PUT', `members/${plain.id}`, { name: 'Other' })).status).toBe(200);
});

test('the last owner is not lost: not blocked, not removed, not demoted', async () => {
  const own = `members/${owner.member.id}`;
  expect((await owner.call('PUT', own, { role: 'member' })).body.code).toBe('last-owner');
  expect((await owner.call('POST', `${own}/block`)).body.code).toBe('insufficient-role');
  expect((await owner.call('DELETE', own)).body.code).toBe('insufficient-role');
  // An owner who is blocked cannot sign in: the other one is the last.
  const second = await server.addMember({ role: 'owner' });
  await owner.call('POST', `members/${second.id}/block`);
  expect((await owner.call('PUT', own, { role: 'administrator' })).body.code).toBe('last-owner');
});

test('of two owners who step down, and of two who remove each other, at once, one stays', async () => {
  const second = await PanelClient.of(server, 'owner');
  const stepDown = (client: PanelClient) =>
    client.call('PUT', `members/${client.member.id}`, { role: 'member' });
  const answers = await Promise.all([stepDown(owner), stepDown(second)]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  const owners = () =>
    server.ctx.database.db
      .selectFrom('member')
      .select('id')
      .where('role', '=', 'owner')
      .where('is_blocked', '=', 0)
      .where('removed_at', 'is', null)
      .execute();
  expect(await owners()).toHaveLength(1);
  const rivals = [await PanelClient.of(server, 'owner'), await PanelClient.of(server, 'owner')] as const;
  const [stays] = await owners();
  await rivals[0].call('DELETE', `members/${stays?.id}`);
  const [one, other] = rivals;
  await Promise.all([
    one.call('DELETE', `members/${other.member.id}`),
    other.call('POST', `members/${one.member.id}/block`),
  ]);
  expect(await owners()).toHaveLength(1);
});

test('who is demoted or blocked loses the rights at once', async () => {
  expect((await owner.call('PUT', `members/${administrator.member.id}`, { role: 'member' })).status).toBe(
    200,
  );
  expect((await administrator.get('members')).body.code).toBe('insufficient-role');
  await owner.call('PUT', `members/${administrator.member.id}`, { role: 'administrator' });
  expect((await administrator.get('members')).status).toBe(200);
  await owner.call('POST', `members/${administrator.member.id}/block`);
  expect((await administrator.get('members')).status).toBe(401);
});
