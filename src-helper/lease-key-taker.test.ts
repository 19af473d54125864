import { createPublicKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { GUARD_TYPE } from '../src-shared/guard.ts';
import { LEASE_AUDIENCE, LEASE_TYPE } from '../src-shared/lease.ts';
import { LEASE_KEY_TYPE } from '../src-shared/lease-key.ts';
import { guardVerifier } from './guard/guard-verifier.ts';
import { leaseKeyTaker } from './lease-key-taker.ts';
import { LeaseVerifier } from './lease-verifier.ts';
import { TrustedServers } from './trusted-servers.ts';

const ISSUER = 'https://vpn.test';
const OTHER = 'https://other.test';
const [present, next, later, stranger] = ['1', '2', '3', '4'].map(
  () => generateKeyPairSync('ed25519').privateKey,
);
if (!present || !next || !later || !stranger) throw new Error('four keys');
const raw = (key: KeyObject) => createPublicKey(key).export({ format: 'jwk' }).x ?? '';
const now = 1_800_000_000_000;
const ownerUid = process.getuid?.() ?? 0;

let folder: string;
let file: string;
let trusted: TrustedServers;
let take: (statement: string) => Promise<unknown>;
let failures: unknown[];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'postern-lease-key-'));
  file = join(folder, 'trusted.json');
  failures = [];
  trusted = new TrustedServers(file, { ownerUid, onFollowError: (error) => failures.push(error) });
  await trusted.trust({ issuer: ISSUER, publicKey: raw(present) });
  await trusted.trust({ issuer: OTHER, publicKey: raw(stranger) });
  take = leaseKeyTaker({ trustedServers: trusted, now: () => now });
});
afterEach(async () => {
  await trusted.settled();
  rmSync(folder, { recursive: true, force: true });
});

const claims = (change: Record<string, unknown> = {}) => ({
  ...{ iss: ISSUER, aud: LEASE_AUDIENCE, iat: now / 1000, exp: now / 1000 + 60, step: 5, next: raw(next) },
  ...change,
});
const sign = (payload: Record<string, unknown>, key = present, typ = LEASE_KEY_TYPE) =>
  new SignJWT(payload).setProtectedHeader({ alg: 'EdDSA', typ, jwk: { ...jwkOf(key) } }).sign(key);
const jwkOf = (key: KeyObject) => ({ kty: 'OKP', crv: 'Ed25519', x: raw(key) });
const given = async (change: Record<string, unknown> = {}, key = present) =>
  take(await sign(claims(change), key));
const entry = (issuer = ISSUER) => {
  const list = new TrustedServers(file, { ownerUid }).list();
  return list.ok ? list.value.find((server) => server.issuer === issuer) : undefined;
};
const refused = (code: string) => ({ ok: false, problem: { code } });

/** A lease that is good but for its key, which belongs to nobody: the signature is looked at before. */
async function leaseBy(key: KeyObject): Promise<string> {
  const verifier = new LeaseVerifier({
    trustedServers: trusted,
    history: { accept: () => ({ ok: true, value: undefined }) },
    now: () => now,
    monotonicNow: () => 0,
  });
  const lease = await sign({ iss: ISSUER, aud: LEASE_AUDIENCE, jti: randomUUID() }, key, LEASE_TYPE);
  const verified = verifier.verify(lease, 'A'.repeat(43));
  await trusted.settled();
  return verified.ok ? 'accepted' : verified.problem.code;
}

test('the next key counts beside the present one, which is forgotten with the first lease by the next', async () => {
  expect(await leaseBy(next)).toBe('untrusted-server');
  expect(await given()).toEqual({ ok: true, value: undefined });
  expect(entry()).toEqual({ issuer: ISSUER, publicKey: raw(present), step: 5, next: raw(next) });
  expect(statSync(file).mode & 0o777).toBe(0o644);
  // Understood, though it is no whole lease: it is the signature that counts here.
  expect(await leaseBy(present)).toBe('lease-invalid');
  expect(entry()).toMatchObject({ publicKey: raw(present), next: raw(next) });
  expect(await leaseBy(next)).toBe('lease-invalid');
  expect(entry()).toEqual({ issuer: ISSUER, publicKey: raw(next), step: 5 });
  expect(await leaseBy(present)).toBe('untrusted-server');
  expect(await given({ step: 9, next: raw(later) })).toMatchObject(refused('untrusted-server'));
  expect(entry()).toEqual({ issuer: ISSUER, publicKey: raw(next), step: 5 });
  expect(entry(OTHER)).toEqual({ issuer: OTHER, publicKey: raw(stranger) });
});

test('an order to hold traffic back by the next key tells the same', async () => {
  await given();
  const verify = guardVerifier(trusted);
  const word = await sign({ iss: ISSUER }, next, GUARD_TYPE);
  expect(verify(word)).toMatchObject(refused('guard-invalid'));
  await trusted.settled();
  expect(entry()).toEqual({ issuer: ISSUER, publicKey: raw(next), step: 5 });
});

test('what was taken back is gone, and does not come back by being said again', async () => {
  await given();
  expect(await given({ step: 6, next: null })).toMatchObject({ ok: true });
  expect(entry()).toEqual({ issuer: ISSUER, publicKey: raw(present), step: 6 });
  expect(await given()).toMatchObject(refused('lease-key-invalid'));
  expect(await given({ step: 6 })).toMatchObject(refused('lease-key-invalid'));
  expect(await leaseBy(next)).toBe('untrusted-server');
  expect(await given({ step: 7, next: raw(later) })).toMatchObject({ ok: true });
  expect(entry()).toMatchObject({ step: 7, next: raw(later) });
  // The same key trusted by hand forgets none of it; another one by hand begins anew.
  await trusted.trust({ issuer: ISSUER, publicKey: raw(present) });
  expect(await given({ step: 5 })).toMatchObject(refused('lease-key-invalid'));
  await trusted.trust({ issuer: ISSUER, publicKey: raw(later) });
  expect(entry()).toEqual({ issuer: ISSUER, publicKey: raw(later), step: 7 });
  await trusted.trust({ issuer: ISSUER, publicKey: raw(next) });
  expect(entry()).toEqual({ issuer: ISSUER, publicKey: raw(next) });
});

test('a computer that slept through the end hears of it and of the key after it from the new key', async () => {
  await given();
  expect(await given({ step: 9, next: raw(later) }, next)).toMatchObject({ ok: true });
  await trusted.settled();
  expect(entry()).toEqual({ issuer: ISSUER, publicKey: raw(next), step: 9, next: raw(later) });
});

test('said again it is written once', async () => {
  await given();
  const { mtimeMs, ino } = statSync(file);
  expect(await given()).toMatchObject({ ok: true });
  expect(statSync(file)).toMatchObject({ mtimeMs, ino });
});

test.each([
  ['a stranger', {}, stranger, LEASE_KEY_TYPE, 'untrusted-server'],
  ['the key that it names', {}, next, LEASE_KEY_TYPE, 'untrusted-server'],
  ['the key of another server', { iss: OTHER }, present, LEASE_KEY_TYPE, 'untrusted-server'],
  [
    'a server that is not trusted',
    { iss: 'https://third.test' },
    present,
    LEASE_KEY_TYPE,
    'untrusted-server',
  ],
  ['a lease in its place', {}, present, LEASE_TYPE, 'lease-key-invalid'],
  ['one that has run out', { exp: now / 1000 }, present, LEASE_KEY_TYPE, 'lease-key-invalid'],
  ['one of a time to come', { iat: now / 1000 + 61 }, present, LEASE_KEY_TYPE, 'lease-key-invalid'],
  ['one for years', { exp: now / 1000 + 86_401 }, present, LEASE_KEY_TYPE, 'lease-key-invalid'],
  ['the last of all steps', { step: 2 ** 53 - 1 }, present, LEASE_KEY_TYPE, 'lease-key-invalid'],
  ['a step of a time to come', { step: now + 60_001 }, present, LEASE_KEY_TYPE, 'lease-key-invalid'],
  ['one for somebody else', { aud: 'postern' }, present, LEASE_KEY_TYPE, 'lease-key-invalid'],
  ['one that says more', { also: 1 }, present, LEASE_KEY_TYPE, 'lease-key-invalid'],
  ['itself as the next', { next: raw(present) }, present, LEASE_KEY_TYPE, 'lease-key-invalid'],
  ['no key', { next: 'short' }, present, LEASE_KEY_TYPE, 'lease-key-invalid'],
  ['no step', { step: 0 }, present, LEASE_KEY_TYPE, 'lease-key-invalid'],
])('%s is refused and changes nothing', async (_name, change, key, typ, code) => {
  const before = readFileSync(file, 'utf8');
  expect(await take(await sign(claims(change), key, typ))).toMatchObject(refused(code));
  await trusted.settled();
  expect(readFileSync(file, 'utf8')).toBe(before);
});

test('no text is taken that its key has not signed as it is', async () => {
  const good = await sign(claims());
  const [head, , signature] = good.split('.');
  const forged = Buffer.from(JSON.stringify(claims({ next: raw(stranger) }))).toString('base64url');
  const before = readFileSync(file, 'utf8');
  for (const text of ['', '..', good.slice(0, -4), `${head}.${forged}.${signature}`, `${good}.x`])
    expect(await take(text)).toMatchObject({ ok: false });
  expect(readFileSync(file, 'utf8')).toBe(before);
});

test('both keys count until the new one is on the disk, and who watches hears why it is not', async () => {
  await given();
  chmodSync(file, 0o666);
  const open = new TrustedServers(file, { ownerUid, onFollowError: (error) => failures.push(error) });
  open.follow(ISSUER, raw(next));
  await open.settled();
  expect(failures).toMatchObject([{ message: expect.stringContaining('writable by root alone') }]);
  chmodSync(file, 0o644);
  expect(await leaseBy(present)).toBe('lease-invalid');
  expect(await leaseBy(next)).toBe('lease-invalid');
  expect(entry()).toEqual({ issuer: ISSUER, publicKey: raw(next), step: 5 });
});
