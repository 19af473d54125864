import { afterEach, beforeEach, expect, test } from 'vitest';
import { accountAnswer } from '../../../src-shared/panel/account.ts';
import { PanelBrowser } from '../../testing/panel-browser.ts';
import { TestDevice } from '../../testing/test-device.ts';
import { startTestServer, type TestMember, type TestServer } from '../../testing/test-server.ts';

/** A member without an authenticator who begins to set one up, and is thrown out before it is confirmed. */
let server: TestServer;
let member: TestMember;
let browser: PanelBrowser;
beforeEach(async () => {
  server = await startTestServer();
  await server.setPolicy({ mfaRequired: { panel: false, client: false } });
  member = await server.addMember({ withTotp: false });
  browser = new PanelBrowser(server);
  await browser.signIn(member);
});
afterEach(() => server.close());

interface Begun {
  factorId: string;
  secret: string;
}
const begin = async (body: object = {}): Promise<Begun> =>
  (await browser.ask('POST', 'account/mfa/setup', body)).body;
const confirm = ({ factorId, secret: totpSecret }: Begun) =>
  browser.ask('POST', 'account/mfa/confirm', { factorId, code: server.codeOf({ ...member, totpSecret }) });
const kick = async () => {
  const token = await server.addApiToken(['members:disconnect']);
  expect((await server.request('POST', `/api/v1/member/${member.id}/disconnect`, { token })).status).toBe(
    200,
  );
};
const endConnections = () =>
  server.parts.ender.endAccess({
    scope: { memberId: member.id },
    reason: { code: 'idle', message: 'x', at: new Date(server.clock.now).toISOString() },
    actor: 'server',
    ip: null,
  });

test('a set-up lives ten minutes', async () => {
  const begun = await begin();
  server.clock.now += 10 * 60_000 - 1;
  expect((await browser.ask('POST', 'account/mfa/confirm', { ...codeless(begun) })).body.code).toBe(
    'invalid-code',
  );
  server.clock.now += 1;
  expect(await confirm(begun)).toMatchObject({ status: 404, body: { code: 'not-found' } });
  expect((await confirm(await begin({ password: member.password }))).status).toBe(200);
});
const codeless = ({ factorId }: Begun) => ({ factorId, code: '000000' });

test.each([true, false])(
  'after a disconnect what was begun before it is void (a device: %s)',
  async (hasDevice) => {
    if (hasDevice) await TestDevice.signIn(server, member);
    const begun = await begin();
    await kick();
    server.nextStep();
    await browser.signIn(member);
    expect((await confirm(begun)).status).toBe(404);
    expect((await confirm(await begin())).status).toBe(200);
  },
);

test('a session from before an end of access sets up with the password only', async () => {
  await TestDevice.signIn(server, member);
  const begun = await begin();
  await endConnections();
  expect((await confirm(begun)).status).toBe(404);
  const { may } = accountAnswer.parse((await browser.ask('GET', 'account')).body);
  expect(may.replaceFactor).toMatchObject({ isAllowed: true, needsPassword: true });
  expect((await browser.ask('POST', 'account/mfa/setup', {})).body.code).toBe('password-required');
  server.nextStep();
  expect((await confirm(await begin({ password: member.password }))).status).toBe(200);
});

test('a sign-in of a client that was to set one up begins anew', async () => {
  await server.setPolicy({ mfaRequired: { panel: false, client: true } });
  const post = (path: string, body: object) => server.request('POST', `/client/v1/${path}`, { body });
  const { setupToken } = (await post('sign-in', server.signInBody(member))).body;
  const { factorId, secret }: Begun = (await post('mfa/setup', { setupToken })).body;
  await kick();
  const code = server.codeOf({ ...member, totpSecret: secret });
  const late = await post('mfa/confirm', { setupToken, factorId, code });
  expect(late.body.code).toBe('mfa-token-invalid');
});
