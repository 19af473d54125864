import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CSRF_HEADER } from '../../../src-shared/panel/session.ts';
import { PanelBrowser } from '../../testing/panel-browser.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';

const MINUTE = 60_000;
let server: TestServer;
let browser: PanelBrowser;
beforeEach(async () => {
  server = await startTestServer();
  browser = new PanelBrowser(server);
});
afterEach(() => server.close());

describe('the session', () => {
  test('is a cookie that no script and no other site gets, and knows how it was made', async () => {
    const member = await server.addMember();
    const session = await browser.signIn(member);
    expect(browser.setCookie).toMatch(/^__Host-postern-panel=[\w-]{43}; /);
    for (const flag of ['HttpOnly', 'Secure', 'SameSite=Strict', 'Path=/'])
      expect(browser.setCookie.split('; ')).toContain(flag);
    expect(browser.setCookie).not.toMatch(/domain=/i);
    expect(session).toMatchObject({
      member: { id: member.id, role: 'member' },
      method: 'totp',
      signedInAt: new Date(server.clock.now).toISOString(),
      isGateOff: false,
    });
    const again = await browser.ask('GET', 'session');
    expect(again.body).toEqual(session);
    expect(again.headers.get('cache-control')).toBe('no-store');
    const { value = '' } = /=(?<value>[\w-]+)/.exec(browser.setCookie)?.groups ?? {};
    const stored = await server.ctx.database.db.selectFrom('session').select('token_hash').execute();
    expect(JSON.stringify(stored)).not.toContain(value);
    expect(server.logLines.join('')).not.toContain(value);
  });

  test('ends 30 minutes after its last use, and a page that asks by itself does not prolong it', async () => {
    await browser.signIn(await server.addMember());
    server.clock.now += 29 * MINUTE;
    expect((await browser.ask('GET', 'session')).status).toBe(200);
    await server.ctx.database.later.flush();
    server.clock.now += 29 * MINUTE;
    expect((await browser.ask('GET', 'session', undefined, { 'x-background': '1' })).status).toBe(200);
    server.clock.now += MINUTE;
    const late = await browser.ask('GET', 'session');
    expect([late.status, late.body.code]).toEqual([401, 'session-invalid']);
    expect(browser.cookie).toBe('');
  });

  test('ends 12 hours after sign-in however busy it is', async () => {
    await browser.signIn(await server.addMember());
    for (let passed = 0; passed < 12 * 60 - 20; passed += 20) {
      server.clock.now += 20 * MINUTE;
      expect((await browser.ask('GET', 'session')).status).toBe(200);
      await server.ctx.database.later.flush();
    }
    server.clock.now += 20 * MINUTE;
    expect((await browser.ask('GET', 'session')).status).toBe(401);
  });

  test('ends at sign-out for whoever copied the cookie, and with a new sign-in in its place', async () => {
    const member = await server.addMember();
    await browser.signIn(member);
    const thief = new PanelBrowser(server);
    thief.cookie = browser.cookie;
    expect((await browser.ask('POST', 'sign-out')).status).toBe(204);
    expect((await thief.ask('GET', 'session')).status).toBe(401);

    server.nextStep();
    await browser.signIn(member);
    thief.cookie = browser.cookie;
    server.nextStep();
    await browser.signIn(member);
    expect((await thief.ask('GET', 'session')).status).toBe(401);
    expect((await browser.ask('GET', 'session')).status).toBe(200);
  });

  test('of a client opens nothing here, and a cookie opens nothing there', async () => {
    const member = await server.addMember();
    const { sessionToken } = await server.signIn(member);
    browser.cookie = `__Host-postern-panel=${sessionToken}`;
    expect((await browser.ask('GET', 'session')).status).toBe(401);
    server.nextStep();
    await browser.signIn(member);
    const token = browser.cookie.split('=')[1] ?? '';
    expect((await server.request('GET', '/client/v1/me', { token })).status).toBe(401);
  });

  test('of a member opens nothing of the administrators', async () => {
    await browser.signIn(await server.addMember());
    for (const path of ['members', 'policy', 'audit', 'api-tokens', 'gateways', 'overview', 'mfa-resets']) {
      const answer = await browser.ask('GET', path);
      expect([path, answer.body.code]).toEqual([path, 'insufficient-role']);
    }
  });
});

describe('a request that changes something', () => {
  test.each([
    ['no CSRF token', { [CSRF_HEADER]: undefined }],
    ['a wrong one', { [CSRF_HEADER]: 'x'.repeat(43) }],
    ['an empty one', { [CSRF_HEADER]: '' }],
    ['the word of another site', { 'sec-fetch-site': 'cross-site' }],
    ['the word of a neighbour', { 'sec-fetch-site': 'same-site' }],
    ['another origin', { 'sec-fetch-site': undefined, origin: 'https://evil.example' }],
    ['an opaque origin', { 'sec-fetch-site': undefined, origin: 'null' }],
  ])('is refused with %s, and changes nothing', async (_, headers) => {
    await browser.signIn(await server.addMember());
    const answer = await browser.ask('POST', 'sign-out', {}, headers);
    expect([answer.status, answer.body.code]).toEqual([403, 'csrf-token-invalid']);
    expect((await browser.ask('GET', 'session')).status).toBe(200);
    expect((await browser.ask('POST', 'sign-out', {})).status).toBe(204);
  });

  test('is refused with the CSRF token of another session', async () => {
    const other = new PanelBrowser(server);
    await other.signIn(await server.addMember());
    await browser.signIn(await server.addMember());
    const answer = await browser.ask('POST', 'sign-out', {}, { [CSRF_HEADER]: other.csrfToken });
    expect(answer.body.code).toBe('csrf-token-invalid');
  });

  test('signs nobody in at the word of another site', async () => {
    const { email, password } = await server.addMember({ withTotp: false });
    await server.setPolicy({ mfaRequired: { panel: false, client: true } });
    const headers = { 'sec-fetch-site': 'cross-site' };
    const answer = await browser.ask('POST', 'sign-in', { email, password }, headers);
    expect(answer.body.code).toBe('csrf-token-invalid');
    expect(browser.setCookie).toBe('');
    expect((await browser.password({ email, password })).status).toBe(200);
  });
});

describe('signing in', () => {
  test('does not tell an unknown address from a wrong password', async () => {
    const { email } = await server.addMember();
    const wrong = await browser.password({ email, password: 'not the password' });
    const unknown = await browser.password({ email: 'nobody@test.example', password: 'not the password' });
    expect(wrong.status).toBe(401);
    expect(unknown.body).toEqual(wrong.body);
  });

  test('counts wrong passwords and codes together with the client API', async () => {
    const member = await server.addMember();
    for (let i = 0; i < 3; i++) await browser.password({ ...member, password: 'wrong password' });
    for (let i = 0; i < 2; i++)
      await server.request('POST', '/client/v1/sign-in', {
        body: { ...server.signInBody(member), password: 'wrong password' },
      });
    const throttled = await browser.password(member);
    expect([throttled.status, throttled.body.code]).toEqual([429, 'too-many-attempts']);
    expect(Number(throttled.headers.get('retry-after'))).toBeGreaterThan(0);

    server.clock.now += 3_600_000;
    const { body } = await browser.password(member);
    for (let i = 0; i < 5; i++)
      await browser.ask('POST', 'sign-in/mfa', { mfaToken: body.mfaToken, method: 'totp', code: '000000' });
    const client = await server.request('POST', '/client/v1/sign-in', { body: server.signInBody(member) });
    const code = await server.request('POST', '/client/v1/sign-in/mfa', {
      body: { mfaToken: client.body.mfaToken, method: 'totp', code: server.codeOf(member) },
    });
    expect(code.body.code).toBe('too-many-attempts');
  });

  test('takes a code once, on whatever surface, and a token only on its own', async () => {
    const member = await server.addMember();
    await server.signIn(member);
    const { body } = await browser.password(member);
    const used = await browser.ask('POST', 'sign-in/mfa', {
      mfaToken: body.mfaToken,
      method: 'totp',
      code: server.codeOf(member),
    });
    expect(used.body.code).toBe('code-already-used');
    server.nextStep();
    const client = await server.request('POST', '/client/v1/sign-in/mfa', {
      body: { mfaToken: body.mfaToken, method: 'totp', code: server.codeOf(member) },
    });
    expect(client.body.code).toBe('mfa-token-invalid');
    const clientToken = await server.request('POST', '/client/v1/sign-in', {
      body: server.signInBody(member),
    });
    const here = await browser.ask('POST', 'sign-in/mfa', {
      mfaToken: clientToken.body.mfaToken,
      method: 'totp',
      code: server.codeOf(member),
    });
    expect(here.body.code).toBe('mfa-token-invalid');
  });

  test('leads who has no second factor through set-up where the team asks for one', async () => {
    const member = await server.addMember({ withTotp: false });
    const first = await browser.password(member);
    expect([first.status, first.body.code]).toEqual([403, 'mfa-setup-required']);
    const { setupToken } = first.body;
    const made = await browser.ask('POST', 'mfa/setup', { setupToken });
    const totpSecret: string = made.body.secret;
    const { factorId } = made.body;
    const wrong = await browser.ask('POST', 'mfa/confirm', { setupToken, factorId, code: '000000' });
    expect(wrong.body.code).toBe('invalid-code');
    const code = server.codeOf({ ...member, totpSecret });
    const confirmed = await browser.ask('POST', 'mfa/confirm', { setupToken, factorId, code });
    expect(confirmed.body.backupCodes).toHaveLength(10);
    // The token is spent, and the code too.
    expect((await browser.ask('POST', 'mfa/setup', { setupToken })).body.code).toBe('mfa-token-invalid');
    expect((await browser.password(member)).body.code).toBe('mfa-required');
    server.nextStep();
    const session = await browser.signIn({ ...member, totpSecret });
    expect(session.method).toBe('totp');
  });

  test('ends in the middle for a member who is blocked meanwhile', async () => {
    const member = await server.addMember();
    const { body } = await browser.password(member);
    await server.ctx.database.db.updateTable('member').set({ is_blocked: 1 }).execute();
    const code = server.codeOf(member);
    const answer = await browser.ask('POST', 'sign-in/mfa', {
      mfaToken: body.mfaToken,
      method: 'totp',
      code,
    });
    expect(answer.body.code).toBe('member-blocked');
  });
});
