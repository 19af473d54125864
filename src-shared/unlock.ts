import * as z from 'zod';
import { PIN_MAX_LENGTH } from './pin-rules.ts';
import { base64url, id } from './primitives.ts';

/** They stand beside the PIN rules, which the page imports without the schema library. */
export { PIN_MAX_LENGTH, PIN_MIN_LENGTH } from './pin-rules.ts';

/**
 * Unlock before a connection: what device and server agree on beside the schemas. Levels, from strong to weak:
 * A `uv-hw`, B `totp`, C `pin`, D `uv-soft`.
 */

export const unlockMethod = z.enum(['pin', 'uv-hw', 'uv-soft']);
export type UnlockMethod = z.infer<typeof unlockMethod>;
/** Those where the system asks its user, by a finger, a face or a password. */
export const promptMethod = unlockMethod.extract(['uv-hw', 'uv-soft']);
export type PromptMethod = z.infer<typeof promptMethod>;

/** Relying party of the WebAuthn credentials; the client serves its own page there, nothing on the network does. */
export const UNLOCK_RP_ID = 'unlock.postern.io';
export const UNLOCK_ORIGIN = `https://${UNLOCK_RP_ID}`;

/** `typ` of the compact JWS (ES256, by the device key) that is the `signature` of a `pin` or `uv-soft` proof. */
export const STATEMENT_TYPE = 'postern-unlock+jwt';

/** What that JWS says. `uvAt`: when the user was asked, seconds since 1970 by the server's clock; `ctr` only grows. */
export const unlockStatement = z.strictObject({
  v: z.literal(1),
  /** The server's issuer. */
  aud: z.string(),
  deviceId: id,
  /** Of the challenge that is answered. */
  nonce: base64url,
  method: z.enum(['pin', 'uv-soft']),
  uvAt: z.number().int().nonnegative(),
  ctr: z.number().int().positive(),
  appVersion: z.string().max(40),
});
export type UnlockStatement = z.infer<typeof unlockStatement>;

/**
 * `k = argon2id(PIN, salt, secret = pepper from the keychain)`, then `proof = HMAC-SHA256(k, pinProofInput)`. The server
 * keeps SHA-256 of the proof: neither side can try PINs offline (RFC 9106 §4, second recommended option).
 */
export const pinKeyParameters = {
  memoryKiB: 65_536,
  passes: 3,
  lanes: 4,
  saltBytes: 16,
  keyBytes: 32,
} as const;
export const pinProofInput = (deviceId: string, issuer: string): string =>
  `pin-proof-v1|${deviceId}|${issuer}`;

/** Wrong PINs before the PIN is gone; the waits in milliseconds after the first, second, … of them. */
export const PIN_ATTEMPTS = 5;
export const pinWaitsMs = [0, 0, 30_000, 60_000] as const;

/** What a person answers to the gate; the client makes the proof of it. Prompts of the system carry nothing. */
export const proofAnswer = z.discriminatedUnion('method', [
  z.strictObject({ method: z.literal('totp'), code: z.string().min(1).max(64) }),
  z.strictObject({ method: z.literal('backup-code'), code: z.string().min(1).max(64) }),
  z.strictObject({ method: z.literal('pin'), pin: z.string().min(1).max(PIN_MAX_LENGTH) }),
  z.strictObject({ method: z.literal('uv-hw') }),
  z.strictObject({ method: z.literal('uv-soft') }),
]);
export type ProofAnswer = z.infer<typeof proofAnswer>;

/** What shows that the person may change how this device is unlocked: a code (level B) or hardware (level A). */
export const levelAnswer = z.union([proofAnswer.options[0], proofAnswer.options[1], proofAnswer.options[3]]);
export type LevelAnswer = z.infer<typeof levelAnswer>;

/** What is registered for a device. */
export const enrolledUnlock = z.object({ pin: z.boolean(), uvHw: z.boolean(), uvSoft: z.boolean() });
export type EnrolledUnlock = z.infer<typeof enrolledUnlock>;

/** How this computer can ask its user, and what stands in the way where it cannot. */
export const unlockProviderKind = z.enum(['webauthn', 'touch-id', 'polkit']);
export type UnlockProviderKind = z.infer<typeof unlockProviderKind>;
export const unlockObstacle = z.enum([
  /** No such thing on this system, or in this host. */
  'not-here',
  /** A sensor or key store is missing, or nobody has set it up. */
  'no-hardware',
  /** The app is not installed as the system wants it: no action file, not signed. */
  'not-installed',
  /** No bus or no service that can be trusted. */
  'no-service',
  /** It would say yes without asking anybody: administrator, or a rule of one. */
  'asks-nobody',
  /** Not the session at the screen. */
  'not-at-screen',
]);
export type UnlockObstacle = z.infer<typeof unlockObstacle>;
export const unlockProviderState = z.object({
  kind: unlockProviderKind,
  method: promptMethod,
  /** Null: it can be used. */
  obstacle: unlockObstacle.nullable(),
});
export type UnlockProviderState = z.infer<typeof unlockProviderState>;
