import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { storeEvent } from '../../access/channel/event-store.ts';
import { hashSecret } from '../../proof/mfa/secret-hash.ts';
import { readPolicy } from '../../proof/policy/policy-store.ts';
import { newWgKey, ScriptedClient, ScriptedGateway } from '../../testing/scripted-ends.ts';
import {
  newDeviceKey,
  startTestServer,
  type TestMember,
  type TestServer,
} from '../../testing/test-server.ts';
import { setPassword } from '../members/member-store.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.close());

const post = (path: string, body: unknown, token?: string) =>
  server.request('POST', path, token === undefined ? { body } : { body, token });

async function mfaTokenOf(member: TestMember): Promise<string> {
  const { status, body } = await post('/client/v1/sign-in', server.signInBody(member));
  expect(status).toBe(401);
  expect(body.code).toBe('mfa-required');
  return body.mfaToken;
}

const submit = (mfaToken: string, code: string, method = 'totp') =>
  post('/client/v1/sign-in/mfa', { mfaToken, method, code });

test('password and code make a session that "me" answers to', async () => {
  const member = await server.addMember();
  const { sessionToken, memberId, deviceId } = await server.signIn(member);
  const me = await server.request('GET', '/client/v1/me', { token: sessionToken });
  expect(me.status).toBe(200);
  expect(me.body).toMatchObject({
    member: { id: memberId, email: member.email, role: 'member' },
    device: { id: deviceId, name: 'Laptop' },
    connection: null,
    epoch: 0,
    // The code of the sign-in stands in for the first connection.
    stepUp: { required: false, requires: [], reason: null },
    serverTime: new Date(server.clock.now).toISOString(),
  });
  server.clock.now += 61_000;
  const later = await server.request('GET', '/client/v1/me', { token: sessionToken });
  expect(later.body.stepUp).toEqual({ required: true, requires: ['totp'], reason: null });
});

test('a wrong password, an unknown account and a blocked one with a wrong password answer the same', async () => {
  const member = await server.addMember();
  const blocked = await server.addMember();
  await server.ctx.database.db
    .updateTable('member')
    .set({ is_blocked: 1 })
    .where('id', '=', blocked.id)
    .execute();
  const wrong = await Promise.all(
    [member, { ...member, email: 'nobody@test.example' }, blocked].map((who) =>
      post('/client/v1/sign-in', server.signInBody({ ...who, password: 'wrong' })),
    ),
  );
  for (const answer of wrong) expect(answer).toMatchObject({ status: 401, body: wrong[0]?.body });
  expect(wrong[0]?.body.code).toBe('invalid-credentials');
  const told = await post('/client/v1/sign-in', server.signInBody(blocked));
  expect(told).toMatchObject({ status: 403, body: { code: 'member-blocked' } });
});

test('five wrong passwords, then a wait, for known and unknown accounts alike; a restart does not shorten it', async () => {
  const member = await server.addMember();
  for (const who of [member, { ...member, email: 'nobody@test.example' }]) {
    const tryWrong = () => post('/client/v1/sign-in', server.signInBody({ ...who, password: 'wrong' }));
    for (let attempt = 0; attempt < 5; attempt++) expect((await tryWrong()).status).toBe(401);
    const throttled = await post('/client/v1/sign-in', server.signInBody(who));
    expect(throttled).toMatchObject({
      status: 429,
      body: { code: 'too-many-attempts', retryAfterMs: 30_000 },
    });
    expect(throttled.headers.get('retry-after')).toBe('30');
  }
  await server.restart();
  expect((await post('/client/v1/sign-in', server.signInBody(member))).status).toBe(429);
  server.clock.now += 30_000;
  expect((await post('/client/v1/sign-in', server.signInBody(member))).body.code).toBe('mfa-required');
});

test('a password that is changed while it is being compared does not count any more', async () => {
  const member = await server.addMember();
  const { db } = server.ctx.database;
  // A hash that takes long enough for something to happen meanwhile.
  const password_hash = await hashSecret(member.password, { memoryKib: 65_536, passes: 6, lanes: 1 });
  await db.updateTable('member').set({ password_hash }).execute();
  const attempt = post('/client/v1/sign-in', server.signInBody(member));
  const charged = () => db.selectFrom('attempt').select('key').where('key', 'like', '%:password').execute();
  await expect.poll(charged, { interval: 1 }).toHaveLength(1);
  await db
    .transaction()
    .execute((tx) =>
      setPassword(tx, { memberId: member.id, passwordHash: 'another', actor: 'cli', now: server.clock.now }),
    );
  expect((await attempt).body.code).toBe('invalid-credentials');
});

test('many right passwords at once are not taken for guessing', async () => {
  const member = await server.addMember();
  const answers = await Promise.all(Array.from({ length: 12 }, () => mfaTokenOf(member)));
  expect(new Set(answers).size).toBe(12);
});

test('exactly one of 200 parallel submissions of one right code gets in', async () => {
  const member = await server.addMember();
  const tokens = await Promise.all(Array.from({ length: 10 }, () => mfaTokenOf(member)));
  const code = server.codeOf(member);
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, index) => submit(tokens[index % 10] ?? '', code)),
  );
  expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
  const codes = new Set(answers.filter((a) => a.status !== 200).map((answer) => answer.body.code));
  expect([...codes].toSorted()).toEqual(expect.arrayContaining(['code-already-used', 'too-many-attempts']));
  const sessions = await server.ctx.database.db.selectFrom('session').select('id').execute();
  expect(sessions).toHaveLength(1);
});

test('an mfa token works once, for five minutes', async () => {
  const member = await server.addMember();
  const first = await mfaTokenOf(member);
  const second = await mfaTokenOf(member);
  expect((await submit(first, server.codeOf(member))).status).toBe(200);
  server.nextStep();
  expect((await submit(first, server.codeOf(member))).body.code).toBe('mfa-token-invalid');
  server.clock.now += 5 * 60_000;
  expect((await submit(second, server.codeOf(member))).body.code).toBe('mfa-token-invalid');
  expect((await submit('x'.repeat(43), server.codeOf(member))).body.code).toBe('mfa-token-invalid');
});

test('the code throttle holds across sign-ins and restarts', async () => {
  const member = await server.addMember();
  const wrong = server.codeOf(member, 40);
  for (let attempt = 0; attempt < 5; attempt++) {
    const answer = await submit(await mfaTokenOf(member), wrong);
    expect(answer).toMatchObject({ status: 401, body: { code: 'invalid-code', attemptsLeft: 4 - attempt } });
  }
  await server.restart();
  const throttled = await submit(await mfaTokenOf(member), server.codeOf(member));
  expect(throttled).toMatchObject({ status: 429, body: { code: 'too-many-attempts' } });
  server.nextStep(2);
  expect((await submit(await mfaTokenOf(member), server.codeOf(member))).status).toBe(200);
});

test.each([
  ['５８', 'full-width'],
  [' ', 'spaced'],
])('a right code is accepted however it was typed (%s)', async (_, kind) => {
  const member = await server.addMember();
  const code = server.codeOf(member);
  const typed =
    kind === 'spaced'
      ? `${code.slice(0, 3)} ${code.slice(3)}`
      : code.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)));
  expect((await submit(await mfaTokenOf(member), typed)).status).toBe(200);
});

test.each(['12345', '1234567', 'abcdef', '', '12345a'])('%j is no code and charges nothing', async (code) => {
  const member = await server.addMember();
  const mfaToken = await mfaTokenOf(member);
  for (let attempt = 0; attempt < 6; attempt++) {
    const answer = await submit(mfaToken, code);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid-request' } });
    expect(answer.body.detail).toMatch(/^code: /);
  }
  expect((await submit(mfaToken, server.codeOf(member))).status).toBe(200);
});

test('a backup code signs in once, makes no grace, and is refused the second time', async () => {
  const member = await server.addMember();
  const [backupCode = ''] = member.backupCodes;
  const session = await submit(await mfaTokenOf(member), backupCode.toLowerCase(), 'backup-code');
  expect(session.status).toBe(200);
  const me = await server.request('GET', '/client/v1/me', { token: session.body.sessionToken });
  expect(me.body.stepUp.requires).toEqual(['totp']);
  const again = await submit(await mfaTokenOf(member), backupCode, 'backup-code');
  expect(again).toMatchObject({ status: 401, body: { code: 'code-already-used' } });
});

test('exactly one of many parallel submissions of one backup code gets in', async () => {
  const member = await server.addMember();
  const tokens = await Promise.all(Array.from({ length: 5 }, () => mfaTokenOf(member)));
  const [backupCode = ''] = member.backupCodes;
  const answers = await Promise.all(tokens.map((token) => submit(token, backupCode, 'backup-code')));
  expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
});

test('a device is recognised by id and key, and nobody takes over the device of another', async () => {
  const member = await server.addMember();
  const other = await server.addMember();
  const publicKey = newDeviceKey();
  const { deviceId } = await server.signIn(member, { publicKey });
  server.nextStep();
  expect((await server.signIn(member, { id: deviceId, publicKey })).deviceId).toBe(deviceId);
  server.nextStep();
  expect((await server.signIn(member, { id: deviceId, publicKey: newDeviceKey() })).deviceId).not.toBe(
    deviceId,
  );
  expect((await server.signIn(other, { id: deviceId, publicKey })).deviceId).not.toBe(deviceId);
});

test('a device key that is not P-256 is refused', async () => {
  const member = await server.addMember();
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const p384 = publicKey.export({ type: 'spki', format: 'der' }).toString('base64url');
  for (const key of [p384, 'AAAA']) {
    const answer = await post('/client/v1/sign-in', server.signInBody(member, { publicKey: key }));
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid-request' } });
  }
});

test('signing out ends the session', async () => {
  const member = await server.addMember();
  const { sessionToken } = await server.signIn(member);
  const answer = await server.request('POST', '/client/v1/sign-out', {
    token: sessionToken,
    headers: { 'content-type': 'application/json' },
  });
  expect(answer.status).toBe(204);
  const me = await server.request('GET', '/client/v1/me', { token: sessionToken });
  expect(me).toMatchObject({ status: 401, body: { code: 'session-invalid' } });
});

test.each([
  ['a sign-out', signOut],
  ['a new password', setNewPassword],
  ['a disconnect', disconnect],
])('a sign-in voids what the device did not hear of the session before it: %s', async (_what, end) => {
  const member = await server.addMember();
  const publicKey = newDeviceKey();
  const { deviceId, sessionToken } = await server.signIn(member, { publicKey });
  await end(member, sessionToken);
  server.nextStep();
  const again = await server.signIn(member, { id: deviceId, publicKey });
  expect(again.deviceId).toBe(deviceId);
  const client = await ScriptedClient.connect(server, again.sessionToken);
  const { seq } = await client.of('hello');
  await expect.poll(() => server.parts.hub.open().at(0)?.sentSeq).toBe(seq);
  await tellPolicy(deviceId);
  expect((await client.of('policy')).seq).toBe(seq + 1);
  expect(client.frames.map((frame) => frame.type)).toEqual(['hello', 'policy']);
  const me = await server.request('GET', '/client/v1/me', { token: again.sessionToken });
  expect(me.status).toBe(200);
  await client.close();
});

test('signing out of an older session leaves the newer one of the device its session and its tunnel', async () => {
  const member = await server.addMember();
  const publicKey = newDeviceKey();
  const older = await server.signIn(member, { publicKey });
  server.nextStep();
  const newer = await server.signIn(member, { id: older.deviceId, publicKey });
  const gateway = await ScriptedGateway.create(server);
  await gateway.connect(server);
  const body = { gatewayId: gateway.id, wgPublicKey: newWgKey() };
  expect((await post('/client/v1/connections', body, newer.sessionToken)).status).toBe(201);
  await signOut(member, older.sessionToken);
  const statusOf = async (token: string) => (await server.request('GET', '/client/v1/me', { token })).status;
  expect(await statusOf(older.sessionToken)).toBe(401);
  expect(await statusOf(newer.sessionToken)).toBe(200);
  expect(gateway.peers.size).toBe(1);
  await signOut(member, newer.sessionToken);
  expect(await statusOf(newer.sessionToken)).toBe(401);
  expect(gateway.peers.size).toBe(0);
});

async function signOut(_member: TestMember, token: string): Promise<void> {
  expect((await server.request('POST', '/client/v1/sign-out', { token })).status).toBe(204);
}

/** As `postern-server member set-password` does, while no client runs. */
async function setNewPassword(member: TestMember): Promise<void> {
  const { ctx } = server;
  const passwordHash = await hashSecret(member.password, ctx.config.argon2);
  await ctx.database.db
    .transaction()
    .execute((tx) =>
      setPassword(tx, { memberId: member.id, passwordHash, actor: 'cli', now: server.clock.now }),
    );
}

/** With a lease, so that there is a frame. */
async function disconnect(member: TestMember, token: string): Promise<void> {
  const gateway = await ScriptedGateway.create(server);
  await gateway.connect(server);
  const body = { gatewayId: gateway.id, wgPublicKey: newWgKey() };
  expect((await server.request('POST', '/client/v1/connections', { token, body })).status).toBe(201);
  const apiToken = await server.addApiToken(['members:disconnect']);
  const path = `/api/v1/member/${member.id}/disconnect`;
  const answer = await server.request('POST', path, { token: apiToken });
  expect(answer.body).toMatchObject({ ended_connections: 1, offline: 1 });
  await gateway.disconnect();
}

/** A frame of the new session. */
async function tellPolicy(deviceId: string): Promise<void> {
  const { ctx, parts } = server;
  const policy = await readPolicy(ctx.database.db);
  const frame = await ctx.database.db
    .transaction()
    .execute((tx) => storeEvent(tx, deviceId, { type: 'policy', policy }, server.clock.now));
  parts.hub.deliver(deviceId, frame);
}

test('a session slides with use and ends thirty days after the last', async () => {
  const { sessionToken } = await server.signIn(await server.addMember());
  const me = async () => {
    const { status } = await server.request('GET', '/client/v1/me', { token: sessionToken });
    await server.ctx.database.later.flush();
    return status;
  };
  const day = 86_400_000;
  server.clock.now += 29 * day;
  expect(await me()).toBe(200);
  server.clock.now += 29 * day;
  expect(await me()).toBe(200);
  server.clock.now += 30 * day;
  expect(await me()).toBe(401);
});

test('a blocked member and a removed device are turned away at the next request', async () => {
  const member = await server.addMember();
  const { sessionToken, deviceId } = await server.signIn(member);
  const { db } = server.ctx.database;
  const me = () => server.request('GET', '/client/v1/me', { token: sessionToken });
  await db.updateTable('member').set({ is_blocked: 1 }).where('id', '=', member.id).execute();
  expect((await me()).body.code).toBe('member-blocked');
  await db.updateTable('member').set({ is_blocked: 0 }).where('id', '=', member.id).execute();
  await db.updateTable('device').set({ removed_at: 1 }).where('id', '=', deviceId).execute();
  expect((await me()).body.code).toBe('session-invalid');
});

test('unknown keys in a request are refused by name', async () => {
  const member = await server.addMember();
  const answer = await post('/client/v1/sign-in', { ...server.signInBody(member), isAdmin: true });
  expect(answer).toMatchObject({ status: 400, body: { code: 'invalid-request' } });
  expect(answer.body.detail).toContain('isAdmin');
});

test('neither password nor code nor token reaches the log or the audit', async () => {
  const member = await server.addMember();
  const mfaToken = await mfaTokenOf(member);
  const code = server.codeOf(member);
  const { body } = await submit(mfaToken, code);
  await server.request('GET', '/client/v1/me', { token: body.sessionToken });
  const audit = JSON.stringify(await server.ctx.database.db.selectFrom('audit').selectAll().execute());
  for (const secret of [member.password, member.totpSecret, mfaToken, body.sessionToken]) {
    expect(server.logLines.join()).not.toContain(secret);
    expect(audit).not.toContain(secret);
  }
  expect(audit).not.toContain(`"${code}"`);
});
