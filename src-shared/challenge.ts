import * as z from 'zod';
import { backupCode, totpCode } from './otp-code.ts';
import { base64url, id, isoTime } from './primitives.ts';
import { unlockMethod } from './unlock.ts';

export const requirement = z.enum(['totp', 'unlock']);
export type Requirement = z.infer<typeof requirement>;

/** Why this server ends a connection. Every surface has words of its own for each code. */
export const reasonCode = z.enum([
  /** Ended through the integration API or the panel. */
  'administrator',
  'policy-changed',
  'lease-expired',
  'idle',
  /** A newer lease of the same device. */
  'replaced',
  'signed-out',
  'member-blocked',
  /** The member set up another authenticator, or turned the second factor off. */
  'mfa-changed',
  /** The team requires a second factor now, and this sign-in gave none. */
  'mfa-required',
  'gateway-removed',
  /** It did not take the peer of a new lease. */
  'gateway-unavailable',
  'device-removed',
  /** From a backup: what was ended since would else be back. */
  'server-restored',
  /** By the device itself. */
  'user',
]);
export type ReasonCode = z.infer<typeof reasonCode>;

/**
 * Why a connection was ended or is gated; `message` is shown to the user as plain text. The code is read as any text: a
 * newer server may have more of them, and such a reason is shown by its message.
 */
export const reasonSchema = z.object({
  code: z.string(),
  message: z.string(),
  incidentId: z.string().optional(),
  at: isoTime,
});
export type Reason = z.infer<typeof reasonSchema>;
/** A reason that is given here and now, not one that was read. */
export interface KnownReason extends Reason {
  code: ReasonCode;
}

/**
 * The server's question. Single use, bound to device and epoch; `expiresAt` 5 min (60 s if it requires `unlock`). The
 * nonce is the challenge of a WebAuthn assertion and part of what the device key signs.
 */
export const challengeSchema = z.object({
  id,
  nonce: base64url,
  requires: z.array(requirement),
  /** Those that would be taken now, and only those: allowed by the policy and set up on this device. */
  unlockMethods: z.array(unlockMethod),
  /** What a client needs to answer with a method of `unlockMethods`. */
  unlock: z
    .object({
      pin: z
        .object({ salt: base64url, attemptsLeft: z.number().int(), waitUntil: isoTime.nullable() })
        .optional(),
      uvHw: z.object({ credentialId: base64url }).optional(),
    })
    .optional(),
  reason: reasonSchema.nullable(),
  expiresAt: isoTime,
});
export type Challenge = z.infer<typeof challengeSchema>;

const compactJws = z
  .string()
  .max(4096)
  .regex(/^[\w-]+\.[\w-]+\.[\w-]+$/, 'expected a compact JWS');

/**
 * The client's answers. `backup-code` stands in for `totp`. `pin`: see `pinKeyParameters`. `assertion`:
 * AuthenticationResponseJSON of WebAuthn level 3. `signature`: compact JWS of an `unlockStatement`.
 */
export const proofSchema = z.discriminatedUnion('method', [
  z.strictObject({ method: z.literal('totp'), code: totpCode }),
  z.strictObject({ method: z.literal('backup-code'), code: backupCode }),
  z.strictObject({ method: z.literal('pin'), proof: base64url.max(64), signature: compactJws }),
  z.strictObject({ method: z.literal('uv-hw'), assertion: z.record(z.string(), z.unknown()) }),
  z.strictObject({ method: z.literal('uv-soft'), verifiedAt: isoTime, signature: compactJws }),
]);
export type Proof = z.infer<typeof proofSchema>;

/** A proof that lets a device change how it is unlocked: level B or A. */
export const levelProofSchema = z.union([
  proofSchema.options[0],
  proofSchema.options[1],
  proofSchema.options[3],
]);
export type LevelProof = z.infer<typeof levelProofSchema>;
