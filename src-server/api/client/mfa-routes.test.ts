import { afterEach, beforeEach, expect, test } from 'vitest';
import { setBlocked } from '../../people/members/member-store.ts';
import { startTestServer, type TestMember, type TestServer } from '../../testing/test-server.ts';

let server: TestServer;
let member: TestMember;
beforeEach(async () => {
  server = await startTestServer();
  member = await server.addMember({ withTotp: false });
});
afterEach(() => server.close());

const post = (path: string, body: unknown, token?: string) =>
  server.request('POST', path, token === undefined ? { body } : { body, token });

async function setupToken(): Promise<string> {
  const { status, body } = await post('/client/v1/sign-in', server.signInBody(member));
  expect([status, body.code]).toEqual([403, 'mfa-setup-required']);
  return body.setupToken;
}

test('set-up, a first code, ten backup codes, then sign-in with the next code', async () => {
  const token = await setupToken();
  const setup = await post('/client/v1/mfa/setup', { setupToken: token });
  expect(setup.status).toBe(200);
  expect(setup.body.secret).toMatch(/^[A-Z2-7]{32}$/);
  expect(setup.body.otpauthUri).toMatch(/^otpauth:\/\/totp\/Test%20team:/);
  const enrolled = { ...member, totpSecret: setup.body.secret };
  const { factorId } = setup.body;
  const wrong = await post('/client/v1/mfa/confirm', {
    setupToken: token,
    factorId,
    code: server.codeOf(enrolled, 40),
  });
  expect(wrong).toMatchObject({ status: 401, body: { code: 'invalid-code', attemptsLeft: 4 } });
  const code = server.codeOf(enrolled);
  const confirmed = await post('/client/v1/mfa/confirm', { setupToken: token, factorId, code });
  expect(confirmed.status).toBe(200);
  expect(new Set(confirmed.body.backupCodes).size).toBe(10);
  for (const backup of confirmed.body.backupCodes)
    expect(backup).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}$/);

  // The code of the set-up is spent, and so is the token.
  await expect(server.signIn(enrolled)).rejects.toThrow('code-already-used');
  expect((await post('/client/v1/mfa/setup', { setupToken: token })).body.code).toBe('mfa-token-invalid');
  server.nextStep();
  expect((await server.signIn(enrolled)).memberId).toBe(member.id);
});

test('a second factor is not set up over an active one', async () => {
  const token = await setupToken();
  const other = await setupToken();
  const { body } = await post('/client/v1/mfa/setup', { setupToken: token });
  const enrolled = { ...member, totpSecret: body.secret };
  const confirm = { setupToken: token, factorId: body.factorId, code: server.codeOf(enrolled) };
  expect((await post('/client/v1/mfa/confirm', confirm)).status).toBe(200);
  expect(await post('/client/v1/mfa/setup', { setupToken: other })).toMatchObject({
    status: 409,
    body: { code: 'factor-exists' },
  });
  server.nextStep();
  const { sessionToken } = await server.signIn(enrolled);
  expect((await post('/client/v1/mfa/setup', {}, sessionToken)).body.code).toBe('factor-exists');
});

test('a newer set-up ends the one before it; the factor of another member cannot be confirmed', async () => {
  const token = await setupToken();
  const first = await post('/client/v1/mfa/setup', { setupToken: token });
  const second = await post('/client/v1/mfa/setup', { setupToken: token });
  const code = server.codeOf({ ...member, totpSecret: first.body.secret });
  const stale = await post('/client/v1/mfa/confirm', {
    setupToken: token,
    factorId: first.body.factorId,
    code,
  });
  expect(stale.status).toBe(404);
  const ownToken = token;
  member = await server.addMember({ withTotp: false });
  const foreign = await post('/client/v1/mfa/confirm', {
    setupToken: await setupToken(),
    factorId: second.body.factorId,
    code: server.codeOf({ ...member, totpSecret: second.body.secret }),
  });
  expect(foreign.status).toBe(404);
  expect(ownToken).not.toBe('');
});

test('parallel confirmations make one factor with one set of backup codes', async () => {
  const token = await setupToken();
  const { body } = await post('/client/v1/mfa/setup', { setupToken: token });
  const code = server.codeOf({ ...member, totpSecret: body.secret });
  const confirm = () => post('/client/v1/mfa/confirm', { setupToken: token, factorId: body.factorId, code });
  const answers = await Promise.all(Array.from({ length: 4 }, confirm));
  expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
  const { db } = server.ctx.database;
  expect(await db.selectFrom('backup_code').select('id').execute()).toHaveLength(10);
});

test('without the requirement a member signs in by password and sets up a factor in the session', async () => {
  await server.setPolicy({ mfaRequired: { panel: true, client: false } });
  const { sessionToken } = await server.signIn(member);
  const { body } = await post('/client/v1/mfa/setup', {}, sessionToken);
  const code = server.codeOf({ ...member, totpSecret: body.secret });
  const confirmed = await post('/client/v1/mfa/confirm', { factorId: body.factorId, code }, sessionToken);
  expect(confirmed.status).toBe(200);
  expect((await post('/client/v1/sign-in', server.signInBody(member))).body.code).toBe('mfa-required');
});

test('no factor is set up from a session that was thrown out, or whose sign-in is long ago', async () => {
  await server.setPolicy({ mfaRequired: { panel: true, client: false } });
  const { sessionToken } = await server.signIn(member);
  const begun = await post('/client/v1/mfa/setup', {}, sessionToken);
  const { factorId, secret } = begun.body;
  await server.parts.ender.endAccess({
    scope: { memberId: member.id },
    reason: { code: 'administrator', message: 'x', at: new Date(server.clock.now).toISOString() },
    actor: 'server',
    ip: null,
  });
  const code = server.codeOf({ ...member, totpSecret: secret });
  for (const [path, body] of [
    ['/client/v1/mfa/setup', {}],
    ['/client/v1/mfa/confirm', { factorId, code }],
  ] as const)
    expect((await post(path, body, sessionToken)).body.code).toBe('session-invalid');

  server.clock.now += 1000;
  const again = await server.signIn(member);
  expect((await post('/client/v1/mfa/setup', {}, again.sessionToken)).status).toBe(200);
  server.clock.now += 10 * 60_000;
  expect((await post('/client/v1/mfa/setup', {}, again.sessionToken)).body.code).toBe('session-invalid');
});

test('set-up needs a session or a token of a sign-in', async () => {
  expect((await post('/client/v1/mfa/setup', {})).body.code).toBe('session-invalid');
  expect((await post('/client/v1/mfa/setup', { setupToken: 'x' })).body.code).toBe('mfa-token-invalid');
});

test('no factor is confirmed for a member who is blocked while the backup codes are made', async () => {
  await server.close();
  // Ten hashes that take long enough for something to happen meanwhile.
  server = await startTestServer({ config: { argon2: { memoryKib: 65_536, passes: 3, lanes: 1 } } });
  member = await server.addMember({ withTotp: false });
  await server.setPolicy({ mfaRequired: { panel: true, client: false } });
  const { sessionToken } = await server.signIn(member);
  const { body } = await post('/client/v1/mfa/setup', {}, sessionToken);
  const enrolled = { ...member, totpSecret: body.secret };
  const confirm = (steps: number) =>
    post(
      '/client/v1/mfa/confirm',
      { factorId: body.factorId, code: server.codeOf(enrolled, steps) },
      sessionToken,
    );
  expect((await confirm(40)).body.code).toBe('invalid-code');
  const attempt = confirm(0);
  const { db } = server.ctx.database;
  // An accepted code clears the count of wrong ones.
  const counted = () =>
    db.selectFrom('attempt').select('key').where('key', 'like', '%:factor-setup').execute();
  await expect.poll(counted, { interval: 1 }).toEqual([]);
  await db
    .transaction()
    .execute((tx) =>
      setBlocked(tx, { memberId: member.id, isBlocked: true, actor: 'cli', now: server.clock.now }),
    );
  expect((await attempt).body.code).toBe('member-blocked');
});
