import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Policy } from '../../../src-shared/policy.ts';
import { PanelBrowser } from '../../testing/panel-browser.ts';
import { newWgKey, ScriptedClient, ScriptedGateway } from '../../testing/scripted-ends.ts';
import { TestDevice } from '../../testing/test-device.ts';
import { startTestServer, type TestMember, type TestServer } from '../../testing/test-server.ts';

/** Members who signed in by password, and whose team requires a second factor from now on. */
let server: TestServer;
let gateway: ScriptedGateway;
let member: TestMember;
let device: TestDevice;
const policy = (client: boolean, rest: Partial<Policy> = {}) =>
  server.setPolicy({ mfaRequired: { panel: client, client }, totpPriorConnection: false, ...rest });
beforeEach(async () => {
  server = await startTestServer();
  gateway = await ScriptedGateway.create(server);
  await gateway.connect(server);
  await policy(false);
  member = await server.addMember({ withTotp: false });
  device = await TestDevice.signIn(server, member);
});
afterEach(async () => {
  await gateway.disconnect();
  await server.close();
});

const refusal = {
  status: 401,
  body: {
    code: 'session-invalid',
    detail: expect.stringContaining('now requires a second factor'),
    reason: { code: 'mfa-required' },
  },
};
/** Sets up an authenticator in the sign-in that asks for it; answers the member with it. */
async function setUp(): Promise<TestMember> {
  server.nextStep();
  const post = (path: string, body: object) => server.request('POST', `/client/v1/${path}`, { body });
  const { setupToken } = (await post('sign-in', server.signInBody(member))).body;
  const { factorId, secret: totpSecret } = (await post('mfa/setup', { setupToken })).body;
  const code = server.codeOf({ ...member, totpSecret });
  expect((await post('mfa/confirm', { setupToken, factorId, code })).status).toBe(200);
  server.nextStep();
  return { ...member, totpSecret };
}

test('the next connect ends the session, says why everywhere, and leads to the set-up', async () => {
  expect((await device.connect(gateway.id)).status).toBe(201);
  await policy(true);
  // What is connected stays so: nobody is thrown out.
  expect((await device.call('GET', 'me')).body.connection).not.toBeNull();
  const client = await ScriptedClient.connect(server, device.session.sessionToken);
  expect(await device.connect(gateway.id)).toMatchObject(refusal);
  expect(await client.of('signed-out')).toMatchObject({ reason: { code: 'mfa-required' } });
  expect((await device.call('GET', 'me')).status).toBe(401);
  const live = server.ctx.database.db.selectFrom('lease').select('id').where('ended_at', 'is', null);
  expect(await live.execute()).toEqual([]);
  const renewed = await TestDevice.signIn(server, await setUp());
  expect((await renewed.connect(gateway.id)).status).toBe(201);
  await client.close();
});

test('a renewal is such a step, too', async () => {
  const wgPublicKey = newWgKey();
  const renew = () => device.call('POST', 'connections', { gatewayId: gateway.id, wgPublicKey });
  expect((await renew()).status).toBe(201);
  await policy(true);
  expect(await renew()).toMatchObject(refusal);
});

test('with the gate on no code can be asked of who has no authenticator', async () => {
  await policy(true, { totpPriorConnection: true });
  expect(await device.connect(gateway.id)).toMatchObject(refusal);
});

test('who has set one up elsewhere gives its code: at the gate, else at a sign-in', async () => {
  const factor = await (async () => {
    await policy(true);
    return setUp();
  })();
  await policy(true, { totpPriorConnection: true });
  expect((await device.connect(gateway.id)).body.code).toBe('step-up-required');
  await policy(true);
  expect(await device.connect(gateway.id)).toMatchObject(refusal);
  const again = await TestDevice.signIn(server, factor);
  expect((await again.connect(gateway.id)).status).toBe(201);
});

test('one that was set up in the session itself has answered', async () => {
  const { factorId, secret } = (await device.call('POST', 'mfa/setup', {})).body;
  const code = server.codeOf({ ...member, totpSecret: secret });
  expect((await device.call('POST', 'mfa/confirm', { factorId, code })).status).toBe(200);
  await policy(true);
  expect((await device.connect(gateway.id)).status).toBe(201);
});

test('a session in the Control Panel ends with the next request, and its page is told why', async () => {
  const browser = new PanelBrowser(server);
  await browser.signIn(member);
  const { cookie } = browser;
  expect((await browser.ask('GET', 'account')).status).toBe(200);
  await policy(true);
  expect(await browser.ask('GET', 'account')).toMatchObject({
    status: 401,
    body: { code: 'session-invalid', reason: { code: 'mfa-required' } },
  });
  expect((await browser.ask('GET', 'account', undefined, { cookie })).body.reason.code).toBe('mfa-required');
  expect((await browser.password(member)).body.code).toBe('mfa-setup-required');
});
