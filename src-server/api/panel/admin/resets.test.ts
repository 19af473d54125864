import { afterEach, beforeEach, expect, test } from 'vitest';
import { PanelClient } from '../../../testing/panel-client.ts';
import { startTestServer, type TestServer } from '../../../testing/test-server.ts';

let server: TestServer;
let owner: PanelClient;
const mail = { host: '127.0.0.1', port: 1, security: 'none' as const, from: 'vpn@test.example' };
beforeEach(async () => {
  server = await startTestServer({ config: { mail } });
  owner = await PanelClient.of(server, 'owner');
});
afterEach(() => server.close());

test('a reset changes nothing at once, is shown as pending, and can be withdrawn once', async () => {
  const member = await server.addMember();
  const { sessionToken } = await server.signIn(member);
  const made = await owner.call('POST', `members/${member.id}/mfa-reset`, {});
  expect(made).toMatchObject({
    status: 201,
    body: { reset: { memberId: member.id, requestedBy: expect.stringContaining(owner.member.email) } },
  });
  expect((await server.request('GET', '/client/v1/me', { token: sessionToken })).status).toBe(200);
  expect((await owner.get(`members/${member.id}`)).body.member).toMatchObject({
    mfa: 'active',
    hasPendingReset: true,
  });
  const { resets } = (await owner.get('mfa-resets')).body;
  expect(resets).toEqual([made.body.reset]);
  expect((await owner.get('members?status=reset-pending')).body.total).toBe(1);
  expect((await owner.get('overview')).body.attention).toContainEqual(
    expect.objectContaining({ kind: 'reset-pending', count: 1 }),
  );
  const path = `mfa-resets/${made.body.reset.id}`;
  expect((await owner.call('DELETE', path)).status).toBe(204);
  expect((await owner.call('DELETE', path)).status).toBe(404);
  expect((await owner.get('mfa-resets')).body.resets).toEqual([]);
});

test('nothing to reset, a blocked member, oneself and a link that has expired', async () => {
  const bare = await server.addMember({ withTotp: false });
  const blocked = await server.addMember();
  await owner.call('POST', `members/${blocked.id}/block`);
  for (const { id } of [bare, blocked])
    expect((await owner.call('POST', `members/${id}/mfa-reset`)).body.code).toBe('wrong-state');
  const own = await owner.call('POST', `members/${owner.member.id}/mfa-reset`);
  expect(own.body.code).toBe('insufficient-role');
  const member = await server.addMember();
  const made = await owner.call('POST', `members/${member.id}/mfa-reset`);
  server.clock.now += 24 * 3_600_000;
  const later = await PanelClient.of(server, 'owner');
  expect((await later.get('mfa-resets')).body.resets).toEqual([]);
  expect((await later.call('DELETE', `mfa-resets/${made.body.reset.id}`)).status).toBe(404);
});

test('another address takes back the link that lies in the mailbox of the old one; another name does not', async () => {
  const member = await server.addMember();
  await owner.call('POST', `members/${member.id}/mfa-reset`, {});
  const pending = async () => (await owner.get('mfa-resets')).body.resets.length;
  expect((await owner.call('PUT', `members/${member.id}`, { name: 'Other' })).status).toBe(200);
  expect(await pending()).toBe(1);
  expect((await owner.call('PUT', `members/${member.id}`, { email: 'y@test.example' })).status).toBe(200);
  expect(await pending()).toBe(0);
});
