import { randomBytes } from 'node:crypto';
import type { Challenge, LevelProof } from '../../src-shared/challenge.ts';
import { pinWeakness } from '../../src-shared/pin-rules.ts';
import { fail, ok, type Result } from '../../src-shared/problem.ts';
import { type LevelAnswer, type ProofAnswer, pinKeyParameters } from '../../src-shared/unlock.ts';
import { challengeOf, type Rest } from '../control/rest.ts';
import { publicHalf } from '../session/device-key.ts';
import { pinProof } from './pin.ts';
import { codeProof, type ProofMaker, type ProofSubject } from './proof-maker.ts';
import type { HardwareProvider, SoftProvider, UnlockProvider } from './provider.ts';
import type { UnlockCounter } from './unlock-counter.ts';

/** The session that something is set up in. */
export interface SetUpSubject extends ProofSubject {
  rest: Rest;
  token: string;
  /** Names the credential in the system's own lists. */
  email: string;
}

export interface UnlockSetUpOptions {
  maker: ProofMaker;
  counter: UnlockCounter;
}

/** Changes how this device is unlocked. Each change needs a code or a proof of the hardware. */
export class UnlockSetUp {
  readonly #maker: ProofMaker;
  readonly #counter: UnlockCounter;

  constructor({ maker, counter }: UnlockSetUpOptions) {
    this.#maker = maker;
    this.#counter = counter;
  }

  /** `pin-too-weak` with `weakness`, before anything is sent. Without a device key the PIN could never be proven. */
  async setPin(
    pin: string,
    answer: LevelAnswer,
    subject: SetUpSubject,
    signal: AbortSignal,
  ): Promise<Result<void>> {
    const weakness = pinWeakness(pin);
    if (weakness) return fail('pin-too-weak', undefined, { weakness });
    const { rest, token, secrets, deviceId, issuer } = subject;
    const code = answer.method === 'uv-hw' ? null : codeProof(answer);
    if (code && !code.ok) return code;
    const key = await this.#deviceKey(subject);
    if (!key.ok) return key;
    const pepper = await secrets.pepperForSetUp();
    if (!pepper.ok) return pepper;
    const saltBytes = randomBytes(pinKeyParameters.saltBytes);
    let proof: string;
    try {
      proof = await pinProof({ pin, salt: saltBytes, pepper: pepper.value, deviceId, issuer });
    } finally {
      pepper.value.fill(0);
    }
    const request = { salt: saltBytes.toString('base64url'), proof };
    const level = await this.#level(answer, subject, signal, () => rest.setPin(request, token));
    if (!level.ok) return level;
    if (signal.aborted) return fail('cancelled');
    const set = await rest.setPin({ ...request, ...level.value }, token);
    return set.ok ? this.#renewed(deviceId) : set;
  }

  /** Once the PIN is gone on the server its pepper is of no use. */
  async removePin({ rest, token, secrets }: SetUpSubject): Promise<Result<void>> {
    const removed = await rest.removePin(token);
    return removed.ok ? secrets.removePepper() : removed;
  }

  turnOn(
    provider: UnlockProvider,
    answer: LevelAnswer,
    subject: SetUpSubject,
    signal: AbortSignal,
  ): Promise<Result<void>> {
    return provider.method === 'uv-soft'
      ? this.#turnOnSoft(provider, answer, subject, signal)
      : this.#turnOnHardware(provider, answer, subject, signal);
  }

  /** The user is asked once before anything is registered: what does not work here is not turned on. */
  async #turnOnSoft(
    provider: SoftProvider,
    answer: LevelAnswer,
    subject: SetUpSubject,
    signal: AbortSignal,
  ): Promise<Result<void>> {
    const { rest, token, deviceId, reasonText } = subject;
    const key = await this.#deviceKey(subject);
    if (!key.ok) return key;
    const publicKey = key.value;
    const code = answer.method === 'uv-hw' ? null : codeProof(answer);
    if (code && !code.ok) return code;
    const asked = await this.#maker.askSoft(provider, null, reasonText, signal);
    if (!asked.ok) return asked;
    const level = await this.#level(answer, subject, signal, () =>
      rest.setBiometric({ level: 'uv-soft', publicKey }, token),
    );
    if (!level.ok) return level;
    const set = await rest.setBiometric({ level: 'uv-soft', publicKey, ...level.value }, token);
    return set.ok ? this.#renewed(deviceId) : set;
  }

  async #turnOnHardware(
    provider: HardwareProvider,
    answer: LevelAnswer,
    subject: SetUpSubject,
    signal: AbortSignal,
  ): Promise<Result<void>> {
    const { rest, token, email, deviceId, reasonText } = subject;
    const code = answer.method === 'uv-hw' ? null : codeProof(answer);
    if (code && !code.ok) return code;
    const asked = await questionOf(() => rest.setBiometric({ level: 'uv-hw' }, token));
    if (!asked.ok) return asked;
    const challenge = asked.value;
    const levelProof = await this.#prove(answer, challenge, subject, signal);
    if (!levelProof.ok) return levelProof;
    const user = { userId: Buffer.from(deviceId, 'utf8').toString('base64url'), userName: email, reasonText };
    const attestation = await this.#maker.enrolHardware(provider, challenge, user, signal);
    if (!attestation.ok) return attestation;
    return rest.setBiometric(
      {
        level: 'uv-hw',
        attestation: attestation.value,
        levelProof: levelProof.value,
        challengeId: challenge.id,
      },
      token,
    );
  }

  /** A code goes as it is; for an assertion `ask` fetches the challenge that it has to be over. */
  async #level(
    answer: LevelAnswer,
    subject: ProofSubject,
    signal: AbortSignal,
    ask: () => Promise<Result<void>>,
  ): Promise<Result<{ levelProof: LevelProof; challengeId?: string }>> {
    if (answer.method !== 'uv-hw') {
      const code = codeProof(answer);
      return code.ok ? ok({ levelProof: code.value }) : code;
    }
    const asked = await questionOf(ask);
    if (!asked.ok) return asked;
    const proof = await this.#prove(answer, asked.value, subject, signal);
    return proof.ok ? ok({ levelProof: proof.value, challengeId: asked.value.id }) : proof;
  }

  async #prove(
    answer: LevelAnswer,
    challenge: Challenge,
    subject: ProofSubject,
    signal: AbortSignal,
  ): Promise<Result<LevelProof>> {
    const made = await this.#maker.one(answer, challenge, subject, signal);
    if (!made.ok) return made;
    const { value } = made;
    if (value.method === 'pin' || value.method === 'uv-soft') return fail('unlock-refused');
    return ok(value);
  }

  /** The public half, as the server has had it since sign-in. Gone here, it comes back with the next sign-in only. */
  async #deviceKey({ secrets }: ProofSubject): Promise<Result<string>> {
    const key = await secrets.deviceKey();
    if (key.ok) return ok(publicHalf(key.value));
    if (key.problem.code !== 'unlock-key-missing') return key;
    return fail(
      'unlock-key-missing',
      'The key of this device is no longer in the keyring. Sign out and sign in again, then set it up.',
    );
  }

  async #renewed(deviceId: string): Promise<Result<void>> {
    const renewed = await this.#counter.renew(deviceId);
    return renewed.ok ? ok(undefined) : renewed;
  }
}

/** Tries `ask` without a proof; what the server then wants to know is its challenge. */
export async function questionOf(ask: () => Promise<Result<void>>): Promise<Result<Challenge>> {
  const answer = await ask();
  if (answer.ok) return fail('protocol-error');
  const challenge = challengeOf(answer.problem);
  return challenge ? ok(challenge) : answer;
}

/** Tries one way of unlocking against the server without connecting; a wrong PIN counts as it does at the gate. */
export async function checkUnlock(
  answer: ProofAnswer,
  maker: ProofMaker,
  subject: SetUpSubject,
  signal: AbortSignal,
): Promise<Result<void>> {
  const { rest, token } = subject;
  const { method } = answer;
  if (method === 'totp' || method === 'backup-code')
    return fail('invalid-request', 'Only a PIN or biometrics can be tried.');
  const asked = await questionOf(() => rest.checkUnlock({}, token));
  if (!asked.ok) return asked;
  const challenge = asked.value;
  if (!challenge.unlockMethods.includes(method)) return fail('unlock-not-enrolled');
  const proof = await maker.one(answer, challenge, subject, signal);
  if (!proof.ok) return proof;
  return rest.checkUnlock({ challengeId: challenge.id, proof: proof.value }, token);
}
