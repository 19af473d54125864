import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { takeKeys } from '../../db/key-check.ts';
import { costOf, hashSecret } from '../../proof/mfa/secret-hash.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';
import { addMember, setPassword } from '../members/member-store.ts';
import { hashNewPassword } from './password-store.ts';
import { drawnCost, StoredCosts } from './stored-costs.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
  await server.setPolicy({ mfaRequired: { client: false, panel: false } });
});
afterEach(() => server.close());

const signIn = async (email: string, password: string): Promise<number> => {
  const member = { id: '', email, password, totpSecret: '', backupCodes: [] };
  return (await server.request('POST', '/client/v1/sign-in', { body: server.signInBody(member) })).status;
};
const hashOf = async (id: string): Promise<string> => {
  const { db } = server.ctx.database;
  const row = await db
    .selectFrom('member')
    .select('password_hash')
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return row.password_hash;
};
async function setHash(id: string, password_hash: string): Promise<void> {
  await server.ctx.database.db.updateTable('member').set({ password_hash }).where('id', '=', id).execute();
}

const meant = 'Schöne grüne Flaschen 5';
test.each([
  ['composed', meant.normalize('NFC')],
  ['in parts, as macOS types', meant.normalize('NFD')],
  ['in full width', 'Ｓｃｈöｎｅ ｇｒüｎｅ Ｆｌａｓｃｈｅｎ ５'],
  ['with no-break spaces', meant.replaceAll(' ', '\u00a0')],
])('a password is the same %s, set one way and typed another', async (_what, typed) => {
  for (const [email, set, given] of [
    ['a@test.example', meant, typed],
    ['b@test.example', typed, meant],
  ] as const) {
    const person = { email, name: 'New', password: set, role: 'member', withTotp: false } as const;
    expect((await addMember(server.ctx, person, 'cli')).ok).toBe(true);
    expect(await signIn(email, given)).toBe(200);
    expect(await signIn(email, given.toUpperCase())).toBe(401);
    expect(await signIn(email, ` ${given}`)).toBe(401);
  }
});

test('a hash from before passwords had one form still fits what was typed, and is renewed', async () => {
  const member = await server.addMember({ withTotp: false });
  const nfd = meant.normalize('NFD');
  await setHash(member.id, await hashSecret(nfd, server.ctx.config.argon2));
  expect(await signIn(member.email, meant)).toBe(401);
  expect(await signIn(member.email, nfd)).toBe(200);
  expect(await signIn(member.email, meant)).toBe(200);
});

test('a hash of other costs is verified with them, and renewed by the right password alone', async () => {
  const member = await server.addMember({ withTotp: false });
  const old = await hashSecret(member.password, { memoryKib: 128, passes: 2, lanes: 1 });
  await setHash(member.id, old);
  expect(await signIn(member.email, 'a guess')).toBe(401);
  expect(await hashOf(member.id)).toBe(old);
  expect(await signIn(member.email, member.password)).toBe(200);
  expect(costOf(await hashOf(member.id))).toBe('m=64,t=1,p=1');
  expect(await signIn(member.email, member.password)).toBe(200);
});

test('many right passwords at once renew a hash and are all right', async () => {
  const member = await server.addMember({ withTotp: false });
  await setHash(member.id, await hashSecret(member.password, { memoryKib: 128, passes: 2, lanes: 1 }));
  const all = await Promise.all(Array.from({ length: 8 }, () => signIn(member.email, member.password)));
  expect(new Set(all)).toEqual(new Set([200]));
});

test('a member’s password is set anew whatever the hash was', async () => {
  const member = await server.addMember({ withTotp: false });
  const passwordHash = await hashNewPassword(server.ctx, meant);
  const by = { memberId: member.id, passwordHash, actor: 'cli', now: server.clock.now };
  await server.ctx.database.db.transaction().execute((tx) => setPassword(tx, by));
  expect(await signIn(member.email, member.password)).toBe(401);
  expect(await signIn(member.email, meant.normalize('NFD'))).toBe(200);
});

test('an unknown address costs what members’ passwords cost, as often, and the same each time', async () => {
  for (let i = 0; i < 4; i++) await server.addMember({ withTotp: false });
  const { db } = server.ctx.database;
  const [first] = await db.selectFrom('member').select('id').execute();
  const expensive = { memoryKib: 128, passes: 3, lanes: 1 };
  await setHash(first?.id ?? '', await hashSecret('x', expensive));
  const costsOf = async () => {
    const costs = new StoredCosts(server.ctx);
    const addresses = Array.from({ length: 1_000 }, (_, index) => `nobody${index}@test.example`);
    return Promise.all(addresses.map(async (address) => costOf(await costs.dummyHash(address))));
  };
  const drawn = await costsOf();
  const rare = drawn.filter((cost) => cost === 'm=128,t=3,p=1').length;
  expect(rare).toBeGreaterThan(180);
  expect(rare).toBeLessThan(320);
  expect(new Set(drawn).size).toBe(2);
  await server.restart();
  expect(await costsOf()).toEqual(drawn);
  // A new lease key would draw anew, and so tell who is none of these.
  const { keys, database } = server.ctx;
  await takeKeys(database.db, keys);
  const { privateKey: leaseKey } = generateKeyPairSync('ed25519');
  const own = keys.leaseKey;
  keys.leaseKey = leaseKey;
  expect(await costsOf()).toEqual(drawn);
  await takeKeys(database.db, { ...keys, leaseKeyId: 'another' });
  expect(await costsOf()).toEqual(drawn);
  keys.leaseKey = own;
});

test('without members, an unknown address costs what the configuration says', async () => {
  expect(drawnCost([], 0.5)).toBeNull();
  expect(costOf(await new StoredCosts(server.ctx).dummyHash('nobody@test.example'))).toBe('m=64,t=1,p=1');
});
