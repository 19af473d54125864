import { afterEach, beforeEach, expect, test } from 'vitest';
import { hashSecret } from '../../proof/mfa/secret-hash.ts';
import { startTestServer, type TestMember, type TestServer } from '../../testing/test-server.ts';
import { addMember, resetFactorLock, setBlocked, setPassword } from './member-store.ts';

let server: TestServer;
let member: TestMember;
let token: string;
beforeEach(async () => {
  server = await startTestServer();
  member = await server.addMember();
  token = (await server.signIn(member)).sessionToken;
});
afterEach(() => server.close());

const me = () => server.request('GET', '/client/v1/me', { token });
const by = () => ({ memberId: member.id, actor: 'cli', now: server.clock.now });
const inTransaction = () => server.ctx.database.db.transaction();

test('blocking ends sessions, moves the epoch and leaves word for the device, at once', async () => {
  await inTransaction().execute((tx) => setBlocked(tx, { ...by(), isBlocked: true }));
  expect((await me()).body.code).toBe('member-blocked');
  const { db } = server.ctx.database;
  expect(await db.selectFrom('device').select('epoch').execute()).toEqual([{ epoch: 1 }]);
  const [event] = await db.selectFrom('event').select('frame_json').execute();
  expect(JSON.parse(event?.frame_json ?? '{}')).toMatchObject({
    type: 'signed-out',
    reason: { code: 'member-blocked' },
  });
  await inTransaction().execute((tx) => setBlocked(tx, { ...by(), isBlocked: false }));
  expect((await me()).body.code).toBe('session-invalid');
  server.nextStep();
  expect((await server.signIn(member)).memberId).toBe(member.id);
});

test('a new password ends sessions and sign-ins that are half done; the old one is void', async () => {
  server.nextStep();
  const half = await server.request('POST', '/client/v1/sign-in', { body: server.signInBody(member) });
  const passwordHash = await hashSecret('another long password', server.ctx.config.argon2);
  await inTransaction().execute((tx) => setPassword(tx, { ...by(), passwordHash }));
  expect((await me()).body.code).toBe('session-invalid');
  const finish = await server.request('POST', '/client/v1/sign-in/mfa', {
    body: { mfaToken: half.body.mfaToken, method: 'totp', code: server.codeOf(member) },
  });
  expect(finish.body.code).toBe('mfa-token-invalid');
  const old = await server.request('POST', '/client/v1/sign-in', { body: server.signInBody(member) });
  expect(old.body.code).toBe('invalid-credentials');
  await server.signIn({ ...member, password: 'another long password' });
});

test('an administrator lets a disabled factor be tried again', async () => {
  const { db } = server.ctx.database;
  await db.updateTable('factor').set({ is_disabled: 1 }).execute();
  server.nextStep();
  await expect(server.signIn(member)).rejects.toThrow('factor-disabled');
  await inTransaction().execute((tx) => resetFactorLock(tx, by()));
  await server.signIn(member);
});

test.each([
  [{ email: 'no-address' }, 'email'],
  [{ email: 'MEMBER1@test.example' }, 'is a member already'],
  [{ name: ' ' }, 'name'],
  [{ password: 'short' }, 'at least 12'],
])('a member with %j is not added', async (change, why) => {
  const person = { email: 'new@test.example', name: 'New', password: 'a long password', ...change };
  const added = await addMember(server.ctx, { ...person, role: 'member', withTotp: false }, 'cli');
  expect(added).toMatchObject({ ok: false, problem: { detail: expect.stringContaining(why) } });
});
