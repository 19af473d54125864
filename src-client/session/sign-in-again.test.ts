import { lookup } from 'node:dns';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { problem } from '../../src-shared/problem.ts';
import { createRest } from '../control/rest.ts';
import { TlsTrusts } from '../control/tls-trust.ts';
import { openSettings } from '../settings/settings-store.ts';
import { makeCertificate, type TestCertificate } from '../testing/certificates.ts';
import { memoryKeychain } from '../testing/memory-keychain.ts';
import { infoReply } from '../testing/scripted-answers.ts';
import { type Reply, type ScriptedServer, startScriptedServer } from '../testing/scripted-server.ts';
import { SignIn } from './sign-in.ts';

const folder = mkdtempSync(join(tmpdir(), 'postern-sign-in-'));
const ids = {
  memberId: '00000000-0000-7000-8000-0000000000cc',
  deviceId: '00000000-0000-7000-8000-0000000000bb',
};
let certificate: TestCertificate;
let server: ScriptedServer;
let signIn: SignIn;
let kept: Map<string, string>;
let replies: Reply[];
beforeAll(async () => {
  certificate = await makeCertificate(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(async () => {
  replies = [];
  kept = new Map();
  server = await startScriptedServer(certificate);
  server.reply = ({ method }) => (method === 'GET' ? infoReply : (replies.shift() ?? 'hang'));
  const log = pino({ level: 'silent' });
  const profile = mkdtempSync(join(folder, 'profile-'));
  const trusts = new TlsTrusts();
  signIn = new SignIn({
    settings: await openSettings({ folder: profile, now: Date.now, newId: () => 'p', log }),
    keychain: memoryKeychain(kept),
    openRest(serverUrl, caPem) {
      const trust = trusts.of(caPem);
      const clock = { now: Date.now, monotonic: () => performance.now() };
      return trust.ok
        ? { ok: true, value: createRest({ serverUrl, trust: trust.value, lookup, proxy: null, ...clock }) }
        : trust;
    },
    deviceName: 'Laptop',
    platform: 'linux',
  });
});
afterEach(async () => {
  await signIn.close();
  await server.close();
});

const begun = (trustToken?: string): Reply => ({
  status: 200,
  body: {
    sessionToken: 't',
    ...ids,
    expiresAt: new Date().toISOString(),
    ...(trustToken ? { trustToken } : {}),
  },
});
const begin = (email = 'ada@example.com') =>
  signIn.begin({ serverUrl: server.url, caFile: certificate.caFile, email, password: 'a password' });
const asked = () => server.requests.filter(({ method }) => method === 'POST');

test('what the server gave at the last sign-in goes with the next, of that account alone, and is replaced', async () => {
  replies = [begun('first'), begun('second'), begun('other'), begun()];
  await begin();
  await begin(' Ada@Example.com ');
  await begin('eva@example.com');
  await begin();
  expect(asked().map(({ body }) => body.trustToken)).toEqual([undefined, 'first', undefined, 'second']);
  expect([...kept.keys()].filter((key) => key.startsWith('trust '))).toHaveLength(2);
});

test('a temporary password is replaced in the sign-in: before that there is no session', async () => {
  const passwordToken = 'pt';
  replies = [
    { status: 403, body: problem('password-change-required', undefined, { passwordToken }) },
    { status: 400, body: problem('password-too-weak', undefined, { why: 'common' }) },
    begun('first'),
  ];
  expect(await begin()).toEqual({ ok: true, value: { step: { step: 'new-password', passwordToken } } });
  expect([...kept.keys()].filter((key) => key.startsWith('session '))).toEqual([]);
  const weak = await signIn.newPassword(passwordToken, 'Password1234!');
  expect(weak).toMatchObject({ ok: false, problem: { code: 'password-too-weak', why: 'common' } });
  const done = await signIn.newPassword(passwordToken, 'a password of my own');
  expect(done).toMatchObject({ ok: true, value: { session: { token: 't' } } });
  expect(asked().at(-1)).toMatchObject({
    path: '/client/v1/sign-in/password',
    body: { passwordToken, newPassword: 'a password of my own' },
  });
});

test('it may be asked for after the code, too', async () => {
  replies = [
    { status: 401, body: problem('mfa-required', undefined, { mfaToken: 'mt', methods: ['totp'] }) },
    { status: 403, body: problem('password-change-required', undefined, { passwordToken: 'pt' }) },
  ];
  await begin();
  const next = await signIn.mfa('mt', 'totp', '123456');
  expect(next).toEqual({ ok: true, value: { step: { step: 'new-password', passwordToken: 'pt' } } });
});
