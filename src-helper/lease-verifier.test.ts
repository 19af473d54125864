import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generateWgKeyPair } from '../src-node/wireguard/key-pair.ts';
import { LEASE_AUDIENCE, LEASE_TYPE } from '../src-shared/lease.ts';
import { formatServerKey } from '../src-shared/server-key.ts';
import { LeaseHistory } from './lease-history.ts';
import { LeaseVerifier } from './lease-verifier.ts';
import { TrustedServers } from './trusted-servers.ts';

const ISSUER = 'https://vpn.test';
const server = generateKeyPairSync('ed25519').privateKey;
const stranger = generateKeyPairSync('ed25519').privateKey;
const wgKeys = generateWgKeyPair();
const deviceId = randomUUID();
const raw = (key: KeyObject) => createPublicKey(key).export({ format: 'jwk' }).x ?? '';

describe('lease verifier', () => {
  let directory: string;
  let history: LeaseHistory;
  let verifier: LeaseVerifier;
  let nowMs: number;
  let monotonicMs: number;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'postern-verifier-'));
    nowMs = 1_800_000_000_000;
    monotonicMs = 5_000;
    const trustedServers = new TrustedServers(join(directory, 'trusted.json'), {
      ownerUid: process.getuid?.() ?? 0,
    });
    await trustedServers.trust({ issuer: ISSUER, publicKey: raw(server) });
    const onWriteError = (error: unknown) => expect(error).toBeUndefined();
    history = await LeaseHistory.open({
      file: join(directory, 'history.json'),
      now: () => nowMs,
      onWriteError,
    });
    verifier = new LeaseVerifier({
      trustedServers,
      history,
      now: () => nowMs,
      monotonicNow: () => monotonicMs,
    });
  });
  afterEach(async () => {
    await history.settled();
    await rm(directory, { recursive: true, force: true });
  });

  const claims = (change: Record<string, unknown> = {}, wg: Record<string, unknown> = {}) => ({
    iss: ISSUER,
    aud: LEASE_AUDIENCE,
    sub: deviceId,
    jti: randomUUID(),
    iat: nowMs / 1000,
    exp: nowMs / 1000 + 3600,
    epoch: 7,
    wg: {
      clientPublicKey: wgKeys.publicKey,
      serverPublicKey: wgKeys.publicKey,
      presharedKey: wgKeys.publicKey,
      endpoint: '192.0.2.2:51820',
      addresses: ['10.77.0.2/32'],
      allowedIps: ['10.77.0.0/24'],
      dns: [],
      mtu: 1420,
      keepaliveSeconds: 25,
      ...wg,
    },
    ...change,
  });
  const sign = (payload: Record<string, unknown>, key = server, header: Record<string, unknown> = {}) =>
    new SignJWT(payload).setProtectedHeader({ alg: 'EdDSA', typ: LEASE_TYPE, ...header }).sign(key);
  const verify = (lease: string, privateKey = wgKeys.privateKey) => verifier.verify(lease, privateKey);
  const code = async (lease: string | Promise<string>, privateKey?: string) => {
    const result = await verify(await lease, privateKey);
    return result.ok ? 'accepted' : result.problem.code;
  };
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

  it('accepts a lease of a trusted server for the key at hand, until it expires on the monotonic clock', async () => {
    const payload = claims();
    expect(await verify(await sign(payload))).toEqual({
      ok: true,
      value: { claims: payload, privateKey: wgKeys.privateKey, deadline: 5_000 + 3_600_000 },
    });
  });

  it('refuses a forged signature and changed claims', async () => {
    expect(await code(sign(claims(), stranger))).toBe('lease-invalid');
    const [header, , signature] = (await sign(claims())).split('.');
    expect(await code([header, encode(claims({ epoch: 9 })), signature].join('.'))).toBe('lease-invalid');
  });

  it('refuses alg none, and HMAC with the public key as secret', async () => {
    const none = `${encode({ alg: 'none', typ: LEASE_TYPE })}.${encode(claims())}.`;
    expect(await code(none)).toBe('lease-invalid');
    const signed = `${encode({ alg: 'HS256', typ: LEASE_TYPE })}.${encode(claims())}`;
    for (const secret of [raw(server), Buffer.from(raw(server), 'base64url')]) {
      const mac = createHmac('sha256', secret).update(signed).digest('base64url');
      expect(await code(`${signed}.${mac}`)).toBe('lease-invalid');
    }
  });

  it.each([
    ['another typ', () => sign(claims(), server, { typ: 'JWT' })],
    ['another audience', () => sign(claims({ aud: 'postern-gateway' }))],
    ['an audience list', () => sign(claims({ aud: [LEASE_AUDIENCE, 'x'] }))],
    ['an extra claim', () => sign(claims({ postUp: 'id' }))],
    ['an extra claim in wg', () => sign(claims({}, { postUp: 'id' }))],
    ['a host name as endpoint', () => sign(claims({}, { endpoint: 'evil.test:1' }))],
    ['a missing claim', () => sign(claims({ epoch: undefined }))],
    ['a critical header', () => sign(claims(), server, { crit: ['b64'], b64: true })],
    ['an issuer that is no plain address', () => sign(claims({ iss: "https://x/';reboot;'" }))],
    ['a signature with something behind it', async () => `${await sign(claims())}==`],
    ['a fourth part', async () => `${await sign(claims())}.x`],
    ['no lease at all', () => 'x.y.z'],
    ['nothing', () => ''],
  ])('refuses %s', async (_, lease) => {
    expect(await code(lease())).toBe('lease-invalid');
  });

  it('refuses a lease that has run out, one from the future, and says that the clock is wrong', async () => {
    expect(await code(sign(claims({ exp: nowMs / 1000 })))).toBe('lease-expired');
    expect(await code(sign(claims({ iat: nowMs / 1000 + 59 })))).toBe('accepted');
    const future = await verify(await sign(claims({ iat: nowMs / 1000 + 600, exp: nowMs / 1000 + 4000 })));
    expect(future).toMatchObject({ ok: false, problem: { code: 'lease-invalid' } });
    if (!future.ok) expect(future.problem.detail).toContain('10 min behind');
  });

  it('refuses a lease for another WireGuard key', async () => {
    expect(await code(sign(claims()), generateWgKeyPair().privateKey)).toBe('lease-invalid');
  });

  it('refuses an epoch below the highest seen, also after a restart, but not of another device', async () => {
    expect(await code(sign(claims()))).toBe('accepted');
    expect(await code(sign(claims({ epoch: 8 })))).toBe('accepted');
    expect(await code(sign(claims()))).toBe('lease-invalid');
    expect(await code(sign(claims({ sub: randomUUID() })))).toBe('accepted');
    await history.settled();
    const trustedServers = new TrustedServers(join(directory, 'trusted.json'), {
      ownerUid: process.getuid?.() ?? 0,
    });
    const options = {
      file: join(directory, 'history.json'),
      now: () => nowMs,
      onWriteError: () => undefined,
    };
    const reopened = await LeaseHistory.open(options);
    verifier = new LeaseVerifier({
      trustedServers,
      history: reopened,
      now: () => nowMs,
      monotonicNow: () => 0,
    });
    expect(await code(sign(claims()))).toBe('lease-invalid');
  });

  it('does not let a refused lease move the epoch', async () => {
    expect(await code(sign(claims({ epoch: 99 }), stranger))).toBe('lease-invalid');
    expect(await code(sign(claims({ epoch: 99 })), generateWgKeyPair().privateKey)).toBe('lease-invalid');
    expect(await code(sign(claims()))).toBe('accepted');
  });

  it('refuses a lease that was ended by order', async () => {
    const payload = claims();
    history.end(payload);
    expect(await code(sign(payload))).toBe('lease-invalid');
  });

  it('names the exact line for a server that is not trusted, and for a key that is not', async () => {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: raw(stranger) };
    for (const iss of ['https://new.test', ISSUER]) {
      const result = await verify(await sign(claims({ iss }), stranger, { jwk }));
      const command = `sudo postern-helper trust '${formatServerKey({ issuer: iss, publicKey: raw(stranger) })}'`;
      expect(result).toMatchObject({ ok: false, problem: { code: 'untrusted-server', command } });
      if (!result.ok) expect(result.problem.detail).toContain(command);
    }
  });

  it('offers no line when the lease does not carry its key', async () => {
    const result = await verify(await sign(claims({ iss: 'https://new.test' }), stranger));
    expect(result).toMatchObject({ ok: false, problem: { code: 'untrusted-server' } });
    if (!result.ok) expect(result.problem.command).toBeUndefined();
  });
});
