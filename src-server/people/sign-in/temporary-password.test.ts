import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TEMPORARY_PASSWORD_SECONDS } from '../../../src-shared/password-rules.ts';
import { PanelBrowser } from '../../testing/panel-browser.ts';
import { startTestServer, type TestMember, type TestServer } from '../../testing/test-server.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.close());

const OWN = 'a password of my own';
const post = (path: string, body: unknown) => server.request('POST', path, { body });

/** Everything that the client's sign-in asks for but a new password; answers what the server says then. */
async function clientSignIn(member: TestMember) {
  const first = await post('/client/v1/sign-in', server.signInBody(member));
  if (first.body.code !== 'mfa-required') return first;
  const { mfaToken } = first.body;
  return post('/client/v1/sign-in/mfa', { mfaToken, method: 'totp', code: server.codeOf(member) });
}

async function panelSignIn(browser: PanelBrowser, member: TestMember) {
  const first = await browser.password(member);
  if (first.body.code !== 'mfa-required') return first;
  const { mfaToken } = first.body;
  return browser.ask('POST', 'sign-in/mfa', { mfaToken, method: 'totp', code: server.codeOf(member) });
}

const sessions = () => server.ctx.database.db.selectFrom('session').selectAll().execute();

describe.each([true, false])('a temporary password, with an authenticator: %s', (withTotp) => {
  let member: TestMember;
  beforeEach(async () => {
    if (!withTotp) await server.setPolicy({ mfaRequired: { client: false, panel: false } });
    member = await server.addMember({ withTotp, isTemporary: true });
  });

  test('makes no session on a client before there is one of the member’s own', async () => {
    const asked = await clientSignIn(member);
    expect([asked.status, asked.body.code]).toEqual([403, 'password-change-required']);
    const { passwordToken } = asked.body;
    expect(await sessions()).toEqual([]);
    const me = await server.request('GET', '/client/v1/me', { token: passwordToken });
    expect(me.body.code).toBe('session-invalid');
    const begun = await post('/client/v1/sign-in/password', { passwordToken, newPassword: OWN });
    expect(begun.status).toBe(200);
    const { sessionToken } = begun.body;
    const { body } = await server.request('GET', '/client/v1/me', { token: sessionToken });
    expect(body.member.id).toBe(member.id);
    // A code of this sign-in stands in for the first connection, as it does without a new password.
    expect(body.stepUp.required).toBe(!withTotp);
    server.nextStep();
    expect((await clientSignIn(member)).body.code).toBe('invalid-credentials');
    expect((await clientSignIn({ ...member, password: OWN })).status).toBe(200);
  });

  test('makes none in the Control Panel either', async () => {
    const browser = new PanelBrowser(server);
    const asked = await panelSignIn(browser, member);
    expect([asked.status, asked.body.code, browser.cookie]).toEqual([403, 'password-change-required', '']);
    const { passwordToken } = asked.body;
    const begun = await browser.ask('POST', 'sign-in/password', { passwordToken, newPassword: OWN });
    expect(begun.status).toBe(200);
    expect(begun.body.method).toBe(withTotp ? 'totp' : 'password');
    expect((await browser.ask('GET', 'account')).status).toBe(200);
    server.nextStep();
    expect((await panelSignIn(browser, { ...member, password: OWN })).status).toBe(200);
  });
});

describe('the new password', () => {
  let member: TestMember;
  let passwordToken: string;
  const choose = (newPassword: string, token = passwordToken) =>
    post('/client/v1/sign-in/password', { passwordToken: token, newPassword });
  beforeEach(async () => {
    member = await server.addMember({ isTemporary: true });
    ({ passwordToken } = (await clientSignIn(member)).body);
  });

  test.each([
    ['short', 'elevenchars'],
    ['common', 'Password1234!'],
    ['personal', 'member-1@test.example'],
    ['present', 'a long password 1'],
  ])('is refused that is %s, and may be tried again', async (why, password) => {
    const refused = await choose(password);
    expect(refused).toMatchObject({ status: 400, body: { code: 'password-too-weak', why } });
    expect((await choose(OWN)).status).toBe(200);
  });

  test('is chosen once, within fifteen minutes, with the token of its own surface', async () => {
    const onPanel = { passwordToken, newPassword: OWN };
    expect((await post('/panel/v1/sign-in/password', onPanel)).body.code).toBe('mfa-token-invalid');
    const answers = await Promise.all([choose(OWN), choose(`${OWN} 2`)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 401]);
    expect((await choose(OWN)).body.code).toBe('mfa-token-invalid');
    const other = await server.addMember({ isTemporary: true });
    const late = (await clientSignIn(other)).body.passwordToken;
    server.clock.now += 15 * 60_000;
    expect((await choose(OWN, late)).body.code).toBe('mfa-token-invalid');
  });

  test('is not chosen by a member who was blocked or disconnected meanwhile', async () => {
    const { db } = server.ctx.database;
    await db.updateTable('member').set({ is_blocked: 1 }).where('id', '=', member.id).execute();
    expect((await choose(OWN)).body.code).toBe('member-blocked');
    await db.updateTable('member').set({ is_blocked: 0 }).where('id', '=', member.id).execute();
    const token = await server.addApiToken(['members:disconnect']);
    await server.request('POST', `/api/v1/member/${member.id}/disconnect`, { token });
    expect((await choose(OWN)).body.code).toBe('mfa-token-invalid');
    expect(await sessions()).toEqual([]);
  });
});

test('one that has expired is told so, and only to who knows it', async () => {
  const member = await server.addMember({ isTemporary: true });
  server.clock.now += TEMPORARY_PASSWORD_SECONDS * 1000 - 1;
  expect((await clientSignIn(member)).body.code).toBe('password-change-required');
  server.clock.now += 1;
  server.nextStep();
  const told = await clientSignIn(member);
  expect([told.status, told.body.code]).toEqual([403, 'temporary-password-expired']);
  expect((await new PanelBrowser(server).password(member)).body.code).toBe('temporary-password-expired');
  expect((await clientSignIn({ ...member, password: 'a guess' })).body.code).toBe('invalid-credentials');
});

test('a password is temporary whoever else has set it: in the Control Panel, with a token', async () => {
  const owner = await server.addMember({ role: 'owner' });
  const browser = new PanelBrowser(server);
  await browser.signIn(owner);
  const added = await browser.ask('POST', 'members', {
    email: 'new@test.example',
    name: 'New',
    role: 'member',
  });
  expect(added.status).toBe(201);
  const token = await server.addApiToken(['members:write']);
  const person = { email: 'api@test.example', name: 'Api', password: 'set by a script, once' };
  expect((await server.request('POST', '/api/v1/member', { token, body: person })).status).toBe(200);
  const member = await server.addMember();
  const body = { password: 'set by a script, later' };
  expect((await server.request('PUT', `/api/v1/member/${member.id}`, { token, body })).status).toBe(200);
  const rows = await server.ctx.database.db
    .selectFrom('member')
    .select(['email', 'password_expires_at'])
    .where('password_expires_at', '=', server.clock.now + TEMPORARY_PASSWORD_SECONDS * 1000)
    .orderBy('email')
    .execute();
  expect(rows.map(({ email }) => email)).toEqual(['api@test.example', member.email, 'new@test.example']);
});

test('an administrator gives a new one, which ends what there is; owners and the member hear of it', async () => {
  const owner = await server.addMember({ role: 'owner' });
  const member = await server.addMember();
  const { sessionToken } = await server.signIn(member);
  const browser = new PanelBrowser(server);
  await browser.signIn(owner);
  const give = (id: string) => browser.ask('POST', `members/${id}/temporary-password`, {});
  server.clock.now += 6 * 60_000;
  expect((await give(member.id)).body.code).toBe('step-up-required');
  const proof = { method: 'totp', code: server.codeOf(owner) };
  expect((await browser.ask('POST', 'session/step-up', proof)).status).toBe(204);
  const given = await give(member.id);
  expect(given.status).toBe(200);
  expect((await server.request('GET', '/client/v1/me', { token: sessionToken })).status).toBe(401);
  server.nextStep();
  expect((await clientSignIn(member)).body.code).toBe('invalid-credentials');
  const password = given.body.temporaryPassword;
  expect((await clientSignIn({ ...member, password })).body.code).toBe('password-change-required');
  expect((await give(owner.id)).body.code).toBe('insufficient-role');
});
