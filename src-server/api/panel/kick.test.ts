import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CSRF_HEADER } from '../../../src-shared/panel/session.ts';
import { editByAdmin } from '../../people/members/administration.ts';
import { PanelBrowser } from '../../testing/panel-browser.ts';
import { PanelClient } from '../../testing/panel-client.ts';
import { startTestServer, type TestMember, type TestServer } from '../../testing/test-server.ts';

/** An administrator who is signed in to the Control Panel, and is thrown out. */
let server: TestServer;
let target: TestMember;
let browser: PanelBrowser;
beforeEach(async () => {
  server = await startTestServer();
  target = await server.addMember({ role: 'administrator' });
  browser = new PanelBrowser(server);
  await browser.signIn(target);
});
afterEach(() => server.close());

const byIntegration = async (body: unknown = {}) => {
  const token = await server.addApiToken(['members:disconnect']);
  return server.request('POST', `/api/v1/member/${target.id}/disconnect`, { token, body });
};
const byOwner = async () => {
  const owner = await PanelClient.of(server, 'owner');
  return owner.call('POST', `members/${target.id}/disconnect`, {});
};

test.each([
  ['the integration API', byIntegration],
  ['the Control Panel', byOwner],
] as const)(
  'a disconnect by %s signs the member out of the Control Panel, whoever has the cookie',
  async (_, kick) => {
    const { cookie, csrfToken } = browser;
    const bystander = new PanelBrowser(server);
    await bystander.signIn(await server.addMember());
    expect((await kick()).status).toBe(200);
    for (const [method, path, body] of [
      ['GET', 'session'],
      ['GET', 'members'],
      ['PUT', 'policy', {}],
      ['DELETE', `members/${target.id}`],
    ] as const) {
      const answer = await browser.ask(method, path, body, { cookie, [CSRF_HEADER]: csrfToken });
      expect([path, answer.status, answer.body.code]).toEqual([path, 401, 'session-invalid']);
    }
    expect((await bystander.ask('GET', 'session')).status).toBe(200);
    server.nextStep();
    await browser.signIn(target);
    expect((await browser.ask('GET', 'members')).status).toBe(200);
  },
);

test('the page is told why, and when; a session that ended by itself has no reason', async () => {
  const { cookie } = browser;
  await byIntegration({ reason: 'Sign-in from a new country', incident_id: 'INC-7' });
  expect((await browser.ask('GET', 'session', undefined, { cookie })).body.reason).toEqual({
    code: 'administrator',
    message: 'Sign-in from a new country',
    incidentId: 'INC-7',
    at: new Date(server.clock.now).toISOString(),
  });
  server.nextStep();
  await browser.signIn(target);
  const own = browser.cookie;
  await browser.ask('POST', 'sign-out', {});
  expect((await browser.ask('GET', 'session', undefined, { cookie: own })).body.reason).toBeUndefined();
});

test('a disconnect says in the audit log how many sessions it ended, and its repetition none', async () => {
  await byIntegration();
  await byIntegration();
  const rows = await server.ctx.database.db
    .selectFrom('audit')
    .select('details_json')
    .where('action', '=', 'member.disconnect')
    .orderBy('seq')
    .execute();
  expect(rows.map(({ details_json }) => JSON.parse(details_json).panelSessions)).toEqual([1, 0]);
});

test('what is asked for while the body is on its way does not happen', async () => {
  // The guard has let it in once its use is written down.
  server.clock.now += 60_000;
  const body = JSON.stringify({ email: 'x@test.example', name: 'X' });
  const call = request(`${server.url}/panel/v1/members`, {
    method: 'POST',
    headers: {
      cookie: browser.cookie,
      [CSRF_HEADER]: browser.csrfToken,
      'content-type': 'application/json',
      'content-length': body.length,
    },
  });
  call.flushHeaders();
  const used = () =>
    server.ctx.database.db
      .selectFrom('session')
      .select('last_used_at')
      .where('member_id', '=', target.id)
      .executeTakeFirstOrThrow();
  await expect.poll(async () => (await used()).last_used_at).toBe(server.clock.now);
  await byIntegration();
  call.end(body);
  const [answer] = (await once(call, 'response')) as [IncomingMessage];
  expect(answer.statusCode).toBe(401);
  expect(JSON.parse(await text(answer))).toMatchObject({ code: 'session-invalid', reason: {} });
  const added = server.ctx.database.db.selectFrom('member').select('id').where('name', '=', 'X');
  expect(await added.execute()).toEqual([]);
});

test('what had passed the guard already is refused in the transaction that would write it', async () => {
  const plain = await server.addMember();
  const { id } = await server.ctx.database.db
    .selectFrom('session')
    .select('id')
    .where('member_id', '=', target.id)
    .executeTakeFirstOrThrow();
  const rename = (name: string) =>
    editByAdmin(server.ctx, { memberId: target.id, session: { id }, ip: null }, plain.id, { name });
  expect((await rename('Before')).ok).toBe(true);
  await byIntegration();
  expect(await rename('After')).toMatchObject({ ok: false, problem: { code: 'session-invalid' } });
});

test('a sign-in that had got no further than the password begins anew', async () => {
  const half = await new PanelBrowser(server).password(target);
  await byIntegration();
  server.nextStep();
  const body = { mfaToken: half.body.mfaToken, method: 'totp', code: server.codeOf(target) };
  expect((await browser.ask('POST', 'sign-in/mfa', body)).body.code).toBe('mfa-token-invalid');
});
