import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PanelBrowser } from '../../testing/panel-browser.ts';
import {
  newDeviceKey,
  startTestServer,
  type TestMember,
  type TestServer,
} from '../../testing/test-server.ts';
import { TRUSTED_CLIENT_SECONDS } from '../session/trusted-client.ts';

/** What strangers can and cannot do to somebody with wrong passwords. */

let server: TestServer;
let owner: TestMember;
beforeEach(async () => {
  server = await startTestServer();
  owner = await server.addMember({ role: 'owner' });
});
afterEach(() => server.close());

const post = (path: string, body: unknown) => server.request('POST', path, { body });
const signIn = (who: Pick<TestMember, 'email' | 'password'>, trustToken?: string) =>
  post('/client/v1/sign-in', {
    email: who.email,
    password: who.password,
    device: { name: 'Laptop', platform: 'linux', publicKey: newDeviceKey() },
    ...(trustToken === undefined ? {} : { trustToken }),
  });
const codeOf = async (...args: Parameters<typeof signIn>) => (await signIn(...args)).body.code;

/** Wrong passwords until there is a wait. */
async function attack(email = owner.email, trustToken?: string): Promise<void> {
  for (let i = 0; i < 6; i++) await signIn({ email, password: 'a guess' }, trustToken);
  expect(await codeOf({ ...owner, email }, trustToken)).toBe('too-many-attempts');
}

/** A sign-in that succeeds; answers what the client keeps of it. */
async function known(member = owner): Promise<string> {
  server.nextStep();
  const { trustToken = '' } = await server.signIn(member);
  expect(trustToken).toMatch(/^[\w-]{43}$/);
  return trustToken;
}

test('a client that has signed in before gets in while strangers guess', async () => {
  const trustToken = await known();
  await attack();
  expect(await codeOf(owner)).toBe('too-many-attempts');
  expect(await codeOf(owner, trustToken)).toBe('mfa-required');
  // Nor does that give the strangers new tries.
  expect(await codeOf(owner)).toBe('too-many-attempts');
});

test('so does a browser, by a cookie that no script and no other site gets', async () => {
  const browser = new PanelBrowser(server);
  await browser.signIn(owner);
  await attack();
  expect((await new PanelBrowser(server).password(owner)).body.code).toBe('too-many-attempts');
  expect(browser.trustCookie).not.toBe('');
  const signedOut = await browser.ask('POST', 'sign-out', {});
  expect(signedOut.status).toBe(204);
  server.nextStep();
  const again = await browser.password(owner);
  expect(again.body.code).toBe('mfa-required');
  const { mfaToken } = again.body;
  const code = server.codeOf(owner);
  const begun = await browser.ask('POST', 'sign-in/mfa', { mfaToken, method: 'totp', code });
  const cookie = begun.headers.getSetCookie().find((text) => text.startsWith('__Host-postern-trusted='));
  for (const flag of ['HttpOnly', 'Secure', 'SameSite=Strict', 'Path=/', `Max-Age=${TRUSTED_CLIENT_SECONDS}`])
    expect(cookie).toContain(flag);
});

test('signing in again and again takes nothing from whoever else uses the browser', async () => {
  const other = await server.addMember();
  const browser = new PanelBrowser(server);
  await browser.signIn(owner);
  for (let i = 0; i < 4; i++) {
    server.nextStep();
    await browser.signIn(other);
  }
  await attack();
  expect((await browser.password(owner)).body.code).toBe('mfa-required');
});

test('a browser of two people is known to both', async () => {
  const other = await server.addMember();
  const browser = new PanelBrowser(server);
  await browser.signIn(owner);
  await browser.signIn(other);
  await attack();
  await attack(other.email);
  expect((await browser.password(owner)).body.code).toBe('mfa-required');
  expect((await browser.password(other)).body.code).toBe('mfa-required');
});

test('a client that is known has tries of its own, and no more', async () => {
  const [laptop, phone] = [await known(), await known()];
  await attack(owner.email, laptop);
  expect(await codeOf(owner, phone)).toBe('mfa-required');
  expect(await codeOf(owner)).toBe('mfa-required');
  server.clock.now += 3_600_000;
  expect(await codeOf(owner, laptop)).toBe('mfa-required');
});

test.each([
  ['of somebody else', async () => known(await server.addMember())],
  ['made up', async () => 'x'.repeat(43)],
  ['of an earlier sign-in of that device', earlier],
  ['of a device that was removed', removed],
  [
    'half a year old',
    async () => {
      const token = await known();
      server.clock.now += TRUSTED_CLIENT_SECONDS * 1000;
      return token;
    },
  ],
])('a token is worth nothing that is %s', async (_what, make) => {
  const token = await make();
  await attack();
  expect(await codeOf(owner, token)).toBe('too-many-attempts');
});

async function earlier(): Promise<string> {
  const publicKey = newDeviceKey();
  server.nextStep();
  const first = await server.signIn(owner, { publicKey });
  server.nextStep();
  const second = await server.signIn(owner, { id: first.deviceId, publicKey });
  expect(second.deviceId).toBe(first.deviceId);
  return first.trustToken ?? '';
}

async function removed(): Promise<string> {
  server.nextStep();
  const { deviceId, sessionToken, trustToken = '' } = await server.signIn(owner);
  const path = `/client/v1/devices/${deviceId}`;
  expect((await server.request('DELETE', path, { token: sessionToken })).status).toBeLessThan(300);
  return trustToken;
}

test('twenty clients are known at most, the newest', async () => {
  const oldest = await known();
  for (let i = 0; i < 20; i++) await known();
  const { db } = server.ctx.database;
  expect(await db.selectFrom('trusted_client').select('id').execute()).toHaveLength(20);
  await attack();
  expect(await codeOf(owner, oldest)).toBe('too-many-attempts');
});

test('no token tells whether there is an account', async () => {
  const trustToken = await known(await server.addMember());
  for (const email of [owner.email, 'nobody@test.example'])
    for (let attempt = 0; attempt <= 5; attempt++)
      expect(await codeOf({ email, password: 'a guess' }, trustToken)).toBe(
        attempt < 5 ? 'invalid-credentials' : 'too-many-attempts',
      );
});

describe('while strangers guess', () => {
  test('whoever is signed in to the Control Panel still proves and changes the password', async () => {
    await server.setPolicy({ mfaRequired: { client: false, panel: false } });
    const member = await server.addMember({ withTotp: false });
    const browser = new PanelBrowser(server);
    await browser.signIn(member);
    await attack(member.email);
    const proof = { method: 'password', password: member.password };
    expect((await browser.ask('POST', 'session/step-up', proof)).status).toBe(204);
    const change = { currentPassword: member.password, newPassword: 'another long password' };
    expect((await browser.ask('PUT', 'account/password', change)).status).toBe(204);
  });

  test('nobody without the password uses up the tries for codes', async () => {
    const wrong = { mfaToken: 'x'.repeat(43), method: 'totp', code: '000000' };
    for (let i = 0; i < 6; i++) {
      expect((await post('/client/v1/sign-in/mfa', wrong)).body.code).toBe('mfa-token-invalid');
      expect((await post('/panel/v1/sign-in/mfa', wrong)).body.code).toBe('mfa-token-invalid');
    }
    const attempts = await server.ctx.database.db.selectFrom('attempt').select('key').execute();
    expect(attempts).toEqual([]);
  });
});
