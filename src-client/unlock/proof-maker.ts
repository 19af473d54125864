import type { KeyObject } from 'node:crypto';
import { assertNever } from '../../src-shared/assert-never.ts';
import type { Challenge, Proof } from '../../src-shared/challenge.ts';
import { backupCode, totpCode } from '../../src-shared/otp-code.ts';
import { fail, ok, type Result } from '../../src-shared/problem.ts';
import type { PromptMethod, ProofAnswer, UnlockStatement } from '../../src-shared/unlock.ts';
import { malformed } from '../session/sign-in.ts';
import { pinProof } from './pin.ts';
import type { HardwareProvider, SoftProvider, UnlockProvider } from './provider.ts';
import { signStatement } from './statement.ts';
import type { SystemPrompt } from './system-prompt.ts';
import type { UnlockCounter } from './unlock-counter.ts';
import type { UnlockSecrets } from './unlock-secrets.ts';

/** Whom the proofs are for, and what they are made with. */
export interface ProofSubject {
  deviceId: string;
  issuer: string;
  secrets: UnlockSecrets;
  /** Shown by the system: to do what, where, as whom. */
  reasonText: string;
}

export interface ProofMakerOptions {
  counter: UnlockCounter;
  prompt: SystemPrompt;
  /** The best one for a method that has no obstacle now; null when there is none. */
  provider: (method: PromptMethod) => Promise<UnlockProvider | null>;
  /** Milliseconds since 1970 by the server's clock. */
  serverNow: () => number;
  appVersion: string;
}

type Question = Pick<Challenge, 'nonce' | 'unlock' | 'expiresAt'>;

/** What the user answered → what the server checks, over the nonce of its challenge. Nothing is sent from here. */
export class ProofMaker {
  readonly #options: ProofMakerOptions;

  constructor(options: ProofMakerOptions) {
    this.#options = options;
  }

  /** All of them or none; they go out in one request. */
  async all(
    answers: readonly ProofAnswer[],
    challenge: Question,
    subject: ProofSubject,
    signal: AbortSignal,
  ): Promise<Result<Proof[]>> {
    const proofs: Proof[] = [];
    for (const answer of answers) {
      const made = await this.one(answer, challenge, subject, signal);
      if (!made.ok) return made;
      proofs.push(made.value);
    }
    return ok(proofs);
  }

  async one(
    answer: ProofAnswer,
    challenge: Question,
    subject: ProofSubject,
    signal: AbortSignal,
  ): Promise<Result<Proof>> {
    switch (answer.method) {
      case 'totp':
      case 'backup-code':
        return codeProof(answer);
      case 'pin':
        return this.#pin(answer.pin, challenge, subject, signal);
      case 'uv-soft':
        return this.#soft(challenge, subject, signal);
      case 'uv-hw':
        return this.#hardware(challenge, subject, signal);
      default:
        return assertNever(answer);
    }
  }

  async #pin(
    pin: string,
    { nonce, unlock }: Question,
    { deviceId, issuer, secrets }: ProofSubject,
    signal: AbortSignal,
  ): Promise<Result<Proof>> {
    if (!unlock?.pin) return fail('unlock-not-enrolled');
    const uvAt = this.#options.serverNow();
    const salt = Buffer.from(unlock.pin.salt, 'base64url');
    // Side by side: key and counter wait for keychain and disk while argon2id runs in the thread pool.
    const [proof, signature] = await Promise.all([
      this.#derivePin(pin, salt, deviceId, issuer, secrets),
      this.#sign({ deviceId, issuer, secrets }, nonce, 'pin', uvAt),
    ]);
    if (!proof.ok) return proof;
    if (!signature.ok) return signature;
    if (signal.aborted) return fail('cancelled');
    return ok({ method: 'pin', proof: proof.value, signature: signature.value });
  }

  async #derivePin(
    pin: string,
    salt: Buffer,
    deviceId: string,
    issuer: string,
    secrets: UnlockSecrets,
  ): Promise<Result<string>> {
    const pepper = await secrets.pepper();
    if (!pepper.ok) return pepper;
    try {
      return ok(await pinProof({ pin, salt, pepper: pepper.value, deviceId, issuer }));
    } finally {
      pepper.value.fill(0);
    }
  }

  /** The key comes before the question: nobody is asked for nothing. */
  async #soft(challenge: Question, subject: ProofSubject, signal: AbortSignal): Promise<Result<Proof>> {
    const key = await subject.secrets.deviceKey();
    if (!key.ok) return key;
    const provider = await this.#options.provider('uv-soft');
    if (provider?.method !== 'uv-soft') return fail('unlock-unavailable');
    const asked = await this.askSoft(provider, challenge, subject.reasonText, signal);
    if (!asked.ok) return asked;
    const uvAt = this.#options.serverNow();
    const signature = await this.#sign(subject, challenge.nonce, 'uv-soft', uvAt, key.value);
    if (!signature.ok) return signature;
    const verifiedAt = new Date(uvAt).toISOString();
    return ok({ method: 'uv-soft', verifiedAt, signature: signature.value });
  }

  askSoft(
    provider: SoftProvider,
    challenge: Pick<Challenge, 'nonce' | 'expiresAt'> | null,
    reasonText: string,
    signal: AbortSignal,
  ): Promise<Result<null>> {
    const nonce = challenge?.nonce ?? '';
    const question = (taken: AbortSignal) => provider.prove({ nonce, reasonText, signal: taken });
    return this.#options.prompt.ask(question, { signal, ...this.#limit(challenge) });
  }

  async #hardware(challenge: Question, subject: ProofSubject, signal: AbortSignal): Promise<Result<Proof>> {
    const credentialId = challenge.unlock?.uvHw?.credentialId;
    if (credentialId === undefined) return fail('unlock-not-enrolled');
    const provider = await this.#options.provider('uv-hw');
    if (provider?.method !== 'uv-hw') return fail('unlock-unavailable');
    const { nonce } = challenge;
    const { reasonText } = subject;
    const question = (taken: AbortSignal) =>
      provider.prove({ nonce, credentialId, reasonText, signal: taken });
    const asked = await this.#options.prompt.ask(question, { signal, ...this.#limit(challenge) });
    return asked.ok ? ok({ method: 'uv-hw', assertion: asked.value }) : asked;
  }

  /** `value`: RegistrationResponseJSON over the nonce. */
  enrolHardware(
    provider: HardwareProvider,
    challenge: Pick<Challenge, 'nonce' | 'expiresAt'>,
    user: { userId: string; userName: string; reasonText: string },
    signal: AbortSignal,
  ): Promise<Result<Record<string, unknown>>> {
    const question = (taken: AbortSignal) =>
      provider.enrol({ ...user, nonce: challenge.nonce, signal: taken });
    return this.#options.prompt.ask(question, { signal, ...this.#limit(challenge) });
  }

  /** No longer than the challenge lasts: a late answer would be worth nothing. */
  #limit(challenge: Pick<Challenge, 'expiresAt'> | null): { limitMs?: number } {
    return challenge ? { limitMs: Date.parse(challenge.expiresAt) - this.#options.serverNow() } : {};
  }

  async #sign(
    { deviceId, issuer, secrets }: Pick<ProofSubject, 'deviceId' | 'issuer' | 'secrets'>,
    nonce: string,
    method: UnlockStatement['method'],
    uvAtMs: number,
    loaded?: KeyObject,
  ): Promise<Result<string>> {
    const key = loaded ? ok(loaded) : await secrets.deviceKey();
    if (!key.ok) return key;
    const ctr = await this.#options.counter.next(deviceId);
    if (!ctr.ok) return ctr;
    const { appVersion } = this.#options;
    const uvAt = Math.floor(uvAtMs / 1000);
    return ok(
      await signStatement(
        { v: 1, aud: issuer, deviceId, nonce, method, uvAt, ctr: ctr.value, appVersion },
        key.value,
      ),
    );
  }
}

/** A code that cannot be one is refused here; nothing is sent and no try is counted. */
export function codeProof(
  answer: Extract<ProofAnswer, { method: 'totp' | 'backup-code' }>,
): Result<Extract<Proof, { method: 'totp' | 'backup-code' }>> {
  const { method } = answer;
  const parsed = (method === 'totp' ? totpCode : backupCode).safeParse(answer.code);
  return parsed.success ? ok({ method, code: parsed.data }) : fail('invalid-code', malformed(method));
}
