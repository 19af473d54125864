import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import {
  mfaRequiredExtra,
  mfaSetupRequiredExtra,
  passwordChangeExtra,
  type ServerInfo,
  type SignInAnswer,
} from '../../src-shared/client-api.ts';
import { backupCode, totpCode } from '../../src-shared/otp-code.ts';
import { fail, ok, type Problem, type Result } from '../../src-shared/problem.ts';
import { foldEmail } from '../../src-shared/typed-email.ts';
import type { Rest } from '../control/rest.ts';
import type { Keychain } from '../keychain/keychain.ts';
import type { Account } from '../settings/settings.ts';
import type { SettingsStore } from '../settings/settings-store.ts';
import { deviceKey, deviceKeyAccount } from './device-key.ts';
import { storeToken } from './session-token.ts';
import type { MfaEnrolment, SignInInput, SignInStep } from './sign-in-steps.ts';
import { loadTrust, storeTrust } from './trust-token.ts';

/** A session that has begun: what is remembered of it, and its token. */
export interface OpenSession {
  account: Account;
  token: string;
}

export type SignInOutcome = { step: Exclude<SignInStep, { step: 'done' }> } | { session: OpenSession };

export interface SignInOptions {
  settings: SettingsStore;
  keychain: Keychain;
  openRest: (serverUrl: string, caPem: string | null) => Result<Rest>;
  deviceName: string;
  /** `process.platform`. */
  platform: string;
}

/** What was begun with a password and waits for a second factor. */
interface Pending {
  rest: Rest;
  serverUrl: string;
  serverName: string;
  issuer: string;
  caPem: string | null;
  email: string;
}

/** Sign-in in its steps. Between them password and tokens are nowhere but in the caller's hands and the server's. */
export class SignIn {
  readonly #options: SignInOptions;
  #pending: Pending | null = null;

  constructor(options: SignInOptions) {
    this.#options = options;
  }

  async serverInfo(serverUrl: string, caFile?: string): Promise<Result<ServerInfo>> {
    const opened = await this.#open(serverUrl, caFile);
    if (!opened.ok) return opened;
    const info = await opened.value.rest.serverInfo();
    await opened.value.rest.close();
    return info;
  }

  /** The keychain comes before the password: where no secret can be kept, none is asked for. */
  async begin(input: SignInInput): Promise<Result<SignInOutcome>> {
    await this.#dropPending();
    const opened = await this.#open(input.serverUrl, input.caFile);
    if (!opened.ok) return opened;
    const { rest, serverUrl, caPem } = opened.value;
    const { settings, keychain, deviceName, platform } = this.#options;
    const email = input.email.trim();
    const name = deviceName.slice(0, 100) || 'This computer';
    const known = knownDevice(serverUrl, email);
    const key = await deviceKey(keychain, deviceKeyAccount(settings.current.profileId, known));
    if (!key.ok) return this.#giveUp(rest, key.problem);
    const info = await rest.serverInfo();
    if (!info.ok) return this.#giveUp(rest, info.problem);
    const { name: serverName, issuer } = info.value;
    this.#pending = { rest, serverUrl, serverName, issuer, caPem, email };
    const deviceId = key.value.isKnown ? settings.current.devices[known] : undefined;
    const trustToken = await loadTrust(keychain, settings.current.profileId, known);
    const answer = await rest.signIn({
      email,
      password: input.password,
      ...(trustToken === null ? {} : { trustToken }),
      device: {
        ...(deviceId === undefined ? {} : { id: deviceId }),
        name,
        platform,
        publicKey: key.value.publicKey,
      },
    });
    if (answer.ok) return this.#finish(answer.value);
    return nextStep(answer.problem);
  }

  async mfa(mfaToken: string, method: 'totp' | 'backup-code', typed: string): Promise<Result<SignInOutcome>> {
    if (!this.#pending) return fail('mfa-token-invalid');
    const code = (method === 'totp' ? totpCode : backupCode).safeParse(typed);
    if (!code.success) return fail('invalid-code', malformed(method));
    const answer = await this.#pending.rest.signInMfa({ mfaToken, method, code: code.data });
    return answer.ok ? this.#finish(answer.value) : nextStep(answer.problem);
  }

  async newPassword(passwordToken: string, newPassword: string): Promise<Result<SignInOutcome>> {
    if (!this.#pending) return fail('mfa-token-invalid');
    const answer = await this.#pending.rest.signInNewPassword({ passwordToken, newPassword });
    return answer.ok ? this.#finish(answer.value) : answer;
  }

  async setUpMfa(setupToken: string): Promise<Result<MfaEnrolment>> {
    return this.#pending ? this.#pending.rest.mfaSetup(setupToken, null) : fail('mfa-token-invalid');
  }

  async confirmMfa(
    setupToken: string,
    factorId: string,
    typed: string,
  ): Promise<Result<{ backupCodes: string[] }>> {
    if (!this.#pending) return fail('mfa-token-invalid');
    const code = totpCode.safeParse(typed);
    if (!code.success) return fail('invalid-code', malformed('totp'));
    return this.#pending.rest.mfaConfirm({ factorId, code: code.data, setupToken }, null);
  }

  async close(): Promise<void> {
    await this.#dropPending();
  }

  async #finish(answer: SignInAnswer): Promise<Result<SignInOutcome>> {
    const { settings, keychain } = this.#options;
    if (!this.#pending) return fail('mfa-token-invalid');
    const { rest, serverUrl, serverName, issuer, caPem, email } = this.#pending;
    const { memberId, deviceId, expiresAt, sessionToken: token, trustToken } = answer;
    const { profileId } = settings.current;
    const known = knownDevice(serverUrl, email);
    const trusted =
      trustToken === undefined ? ok(undefined) : await storeTrust(keychain, profileId, known, trustToken);
    const stored = trusted.ok ? await storeToken(keychain, profileId, { serverUrl, token }) : trusted;
    if (!stored.ok) {
      // A session that cannot be kept is not left open either.
      await rest.signOut(token);
      return this.#giveUp(rest, stored.problem);
    }
    await this.#dropPending();
    const account: Account = { serverUrl, serverName, issuer, email, memberId, deviceId, caPem, expiresAt };
    const devices = { ...settings.current.devices, [known]: deviceId };
    settings.change({ account, devices });
    return ok({ session: { account, token } });
  }

  async #open(
    typed: string,
    caFile?: string,
  ): Promise<Result<{ rest: Rest; serverUrl: string; caPem: string | null }>> {
    const serverUrl = normalizeServerUrl(typed);
    if (serverUrl === null)
      return fail('invalid-request', `Not the address of a server: ${typed.slice(0, 200)}`);
    const caPem = caFile === undefined ? ok(null) : await readCa(caFile);
    if (!caPem.ok) return caPem;
    const rest = this.#options.openRest(serverUrl, caPem.value);
    return rest.ok ? ok({ rest: rest.value, serverUrl, caPem: caPem.value }) : rest;
  }

  async #giveUp(rest: Rest, refusal: Problem): Promise<{ ok: false; problem: Problem }> {
    this.#pending = null;
    await rest.close();
    return { ok: false, problem: refusal };
  }

  async #dropPending(): Promise<void> {
    const old = this.#pending;
    this.#pending = null;
    await old?.rest.close();
  }
}

/** Key of `settings.devices`: the same person on the same server. */
export function knownDevice(serverUrl: string, email: string): string {
  return `${serverUrl} ${foldEmail(email)}`;
}

function nextStep(refusal: Problem): Result<SignInOutcome> {
  const mfa = mfaRequiredExtra.safeParse(refusal);
  if (refusal.code === 'mfa-required' && mfa.success) return ok({ step: { step: 'mfa', ...mfa.data } });
  const setup = mfaSetupRequiredExtra.safeParse(refusal);
  if (refusal.code === 'mfa-setup-required' && setup.success)
    return ok({ step: { step: 'mfa-setup', setupToken: setup.data.setupToken } });
  const change = passwordChangeExtra.safeParse(refusal);
  if (refusal.code === 'password-change-required' && change.success)
    return ok({ step: { step: 'new-password', passwordToken: change.data.passwordToken } });
  return { ok: false, problem: refusal };
}

/** What a person typed → `https://host[:port]`; null for anything else. Plain HTTP is never spoken. */
export function normalizeServerUrl(typed: string): string | null {
  const trimmed = typed.trim();
  const parsed = z.url().safeParse(trimmed.includes('://') ? trimmed : `https://${trimmed}`);
  if (!parsed.success) return null;
  const url = new URL(parsed.data);
  return url.protocol === 'https:' && url.username === '' ? url.origin : null;
}

/** The sentence for a code that cannot be one; nothing is sent and no try is counted. */
export function malformed(method: 'totp' | 'backup-code'): string {
  return method === 'totp'
    ? 'A code has six digits. Nothing was sent.'
    : 'A backup code has at least ten letters and digits. Nothing was sent.';
}

async function readCa(caFile: string): Promise<Result<string>> {
  try {
    return ok(await readFile(caFile, 'utf8'));
  } catch (error) {
    if (error instanceof Error) return fail('invalid-request', `The CA file cannot be read: ${caFile}`);
    throw error;
  }
}
