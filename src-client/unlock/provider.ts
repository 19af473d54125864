import type { UnlockObstacle, UnlockProviderKind } from '../../src-shared/unlock.ts';

/**
 * How asking the user ended. `verified`: the system says so, with what it made of it. `refused`: the system asked and
 * said no. `cancelled`: by the user, or because `signal` was aborted (also after the time limit, which the caller
 * keeps). `unavailable`: it could not ask, see `obstacle`. `failed`: it should have been able to.
 */
export type PromptResult<T> =
  | { outcome: 'verified'; value: T }
  | { outcome: 'refused' | 'cancelled' | 'unavailable' | 'failed' };
export type PromptOutcome = PromptResult<unknown>['outcome'];

/** Plain JSON of WebAuthn level 3: AuthenticationResponseJSON, or RegistrationResponseJSON after an enrolment. */
export type WebAuthnJson = Record<string, unknown>;

export interface PromptRequest {
  /** Of the challenge, base64url. A provider that signs nothing ignores it. */
  nonce: string;
  /** Shown by the system where it takes a text, e.g. "reconnect to Example as you@example.com". */
  reasonText: string;
  /** Takes the question back. A provider settles soon after, never hangs. */
  signal: AbortSignal;
}

interface ProviderBase {
  kind: UnlockProviderKind;
  /** Null: it can be used now. Asks nobody anything, costs little, and never rejects. */
  obstacle(): Promise<UnlockObstacle | null>;
}

/** The system verifies the user and signs the nonce with a key in hardware (level A). */
export interface HardwareProvider extends ProviderBase {
  method: 'uv-hw';
  /** `credentialId` (base64url) is the only one allowed. `value`: AuthenticationResponseJSON. */
  prove(request: PromptRequest & { credentialId: string }): Promise<PromptResult<WebAuthnJson>>;
  /** Makes a new credential. `userId` base64url, at most 64 bytes. `value`: RegistrationResponseJSON. */
  enrol(request: PromptRequest & { userId: string; userName: string }): Promise<PromptResult<WebAuthnJson>>;
}

/** The system only says that it has verified the user; the client core signs with the device key (level D). */
export interface SoftProvider extends ProviderBase {
  method: 'uv-soft';
  prove(request: PromptRequest): Promise<PromptResult<null>>;
}

/** One way in which this computer can ask its user. None of these rejects: what goes wrong is an outcome. */
export type UnlockProvider = HardwareProvider | SoftProvider;
