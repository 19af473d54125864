import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SignInInput } from '../../src-client/session/sign-in-steps.ts';
import { ok } from '../../src-shared/problem.ts';
import { SignInFlow } from './sign-in-flow.ts';
import { idleCore } from './testing/examples.ts';
import { trustRequest } from './trust-request.ts';
import { isServerTrusted, serverFingerprint } from './trusted-servers.ts';

const publicKey = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo';
const keyLine = `https://vpn.example#ed25519=${publicKey}`;
const stack = { serverUrl: 'https://10.9.0.1:8443', caFile: '/stack/ca.pem' };
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'postern-flow-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('tokens between the steps stay in main', async () => {
  const seen: string[] = [];
  const core = {
    ...idleCore(),
    signInMfa: async (mfaToken: string) => {
      seen.push(mfaToken);
      return ok({ step: 'done' as const });
    },
  };
  const flow = new SignInFlow(core, { serverUrl: null, caFile: null });
  expect(await flow.mfa('totp', '123456')).toMatchObject({ problem: { code: 'mfa-token-invalid' } });
  const step = await flow.signIn('https://vpn.example', 'eva@example.com', 'pw');
  expect(step).toEqual({ ok: true, value: { step: 'mfa', methods: ['totp'] } });
  expect(await flow.mfa('totp', '123456')).toEqual({ ok: true, value: { step: 'done' } });
  expect(seen).toEqual(['mfa-token-value']);
  expect(await flow.mfa('totp', '123456')).toMatchObject({ problem: { code: 'mfa-token-invalid' } });
});

test('a sign-in that was given up, or locked away, cannot be gone on with', async () => {
  const flow = new SignInFlow(idleCore(), { serverUrl: null, caFile: null });
  await flow.signIn('https://vpn.example', 'eva@example.com', 'pw');
  flow.forget();
  expect(await flow.mfa('totp', '123456')).toMatchObject({ problem: { code: 'mfa-token-invalid' } });
});

test('a new password in place of a temporary one is taken until the sign-in is given up', async () => {
  const seen: string[] = [];
  const core = {
    ...idleCore(),
    signInMfa: async () => ok({ step: 'new-password' as const, passwordToken: 'pt' }),
    signInNewPassword: async (passwordToken: string, newPassword: string) => {
      seen.push(passwordToken, newPassword);
      return ok({ step: 'done' as const });
    },
  };
  const flow = new SignInFlow(core, { serverUrl: null, caFile: null });
  const atNewPassword = async () => {
    await flow.signIn('https://vpn.example', 'eva@example.com', 'pw');
    expect(await flow.mfa('totp', '123456')).toEqual({ ok: true, value: { step: 'new-password' } });
  };
  await atNewPassword();
  flow.forget();
  expect(await flow.newPassword('my own')).toMatchObject({ problem: { code: 'mfa-token-invalid' } });
  await atNewPassword();
  expect(await flow.newPassword('my own')).toEqual({ ok: true, value: { step: 'done' } });
  expect(seen).toEqual(['pt', 'my own']);
});

test('backup codes can be saved until the sign-in is over', async () => {
  const core = {
    ...idleCore(),
    signIn: async () => ok({ step: 'mfa-setup' as const, setupToken: 'setup' }),
    setUpMfa: async (token: string | null) =>
      ok({ factorId: 'f', secret: `S-${token}`, otpauthUri: 'otpauth://totp/x' }),
    confirmMfa: async () => ok({ backupCodes: ['AAAA-1111'] }),
  };
  const flow = new SignInFlow(core, { serverUrl: null, caFile: null });
  expect(await flow.confirmMfa('123456')).toMatchObject({ problem: { code: 'wrong-state' } });
  await flow.signIn('https://vpn.example', 'eva@example.com', 'pw');
  expect(await flow.setUpMfa()).toMatchObject({ value: { secret: 'S-setup' } });
  expect(await flow.confirmMfa('123456')).toEqual({ ok: true, value: { backupCodes: ['AAAA-1111'] } });
  expect(flow.backupCodes).toEqual(['AAAA-1111']);
  flow.forget();
  expect(flow.backupCodes).toBeNull();
});

test('the authority of the local stack counts for its server alone, a chosen one before it', async () => {
  const inputs: (SignInInput['caFile'] | null)[] = [];
  const core = {
    ...idleCore(),
    signIn: async (input: SignInInput) => {
      inputs.push(input.caFile ?? null);
      return ok({ step: 'mfa' as const, mfaToken: 't', methods: [] });
    },
  };
  const flow = new SignInFlow(core, stack);
  await flow.signIn('https://10.9.0.1:8443/', 'a@b', 'p');
  await flow.signIn('https://vpn.example', 'a@b', 'p');
  expect(flow.chooseCa('/home/eva/ca.pem')).toEqual({ fileName: 'ca.pem' });
  await flow.signIn('https://10.9.0.1:8443', 'a@b', 'p');
  expect(inputs).toEqual(['/stack/ca.pem', null, '/home/eva/ca.pem']);
});

test('a server counts as trusted only with this very key in the helper’s file', async () => {
  const file = path.join(folder, 'trusted.json');
  const write = (servers: unknown) => writeFileSync(file, JSON.stringify({ version: 1, servers }));
  expect(await isServerTrusted(file, keyLine)).toBe(false);
  write([{ issuer: 'https://vpn.example', publicKey }]);
  expect(await isServerTrusted(file, keyLine)).toBe(true);
  expect(await isServerTrusted(file, `https://other.example#ed25519=${publicKey}`)).toBe(false);
  // The key that the server has named as its next one needs no question either.
  write([{ issuer: 'https://vpn.example', publicKey: 'B'.repeat(43), next: publicKey, step: 5 }]);
  expect(await isServerTrusted(file, keyLine)).toBe(true);
  expect(await isServerTrusted(file, `https://vpn.example#ed25519=${'C'.repeat(43)}`)).toBe(false);
  expect(await isServerTrusted(file, 'nonsense')).toBe(false);
  writeFileSync(file, 'nonsense');
  expect(await isServerTrusted(file, keyLine)).toBe(false);
  expect(serverFingerprint(keyLine)).toMatch(/^([0-9a-f]{4} ){15}[0-9a-f]{4}$/);
  expect(serverFingerprint('nonsense')).toBeNull();
});

test('33: administrator rights are asked for by an absolute program with separate arguments', () => {
  const linux = {
    platform: 'linux',
    uid: 1000,
    helper: '/usr/bin/postern-helper',
    pkexec: '/usr/bin/pkexec',
    trustedServersFile: null,
  };
  expect(trustRequest(keyLine, linux)).toEqual({
    path: '/usr/bin/pkexec',
    args: [
      ...['--disable-internal-agent', '/usr/bin/postern-helper', 'trust-shown'],
      ...['https://vpn.example', serverFingerprint(keyLine)],
    ],
    stdin: keyLine,
  });
  expect(trustRequest(keyLine, { ...linux, trustedServersFile: '/x.json' })).toBe('unavailable');
  expect(trustRequest(keyLine, { ...linux, uid: 0, trustedServersFile: '/x.json' })).toEqual({
    path: '/usr/bin/postern-helper',
    args: ['trust', keyLine, '--yes', '--trusted-servers', '/x.json'],
  });
  expect(trustRequest(keyLine, { ...linux, pkexec: null })).toBe('unavailable');
  const mac = trustRequest(keyLine, { ...linux, platform: 'darwin', helper: '/Applications/P "x"/helper' });
  expect(mac).toMatchObject({ path: '/usr/bin/osascript' });
  expect(typeof mac === 'object' && mac.args[1]).toContain('quoted form of "/Applications/P \\"x\\"/helper"');
  for (const line of ['', "https://x.example'; rm#ed25519=x", `https://x.example/$(id)#ed25519=${publicKey}`])
    expect.soft(trustRequest(line, linux), line).toBe('invalid');
});
