import * as z from 'zod';
import { backupCode, totpCode } from './otp-code.ts';
import { base64url, id, isoTime } from './primitives.ts';
import { unlockMethod } from './unlock.ts';

export const requirement = z.enum(['totp', 'unlock']);
export type Requirement = z.infer<typeof requirement>;

/** Why a connection was ended or is gated; `message` is shown to the user as plain text. */
export const reasonSchema = z.object({
  code: z.string(),
  message: z.string(),
  incidentId: z.string().optional(),
  at: isoTime,
});
export type Reason = z.infer<typeof reasonSchema>;

/** Codes that the server puts into `reason.code`. Clients show unknown codes by their message. */
export type ReasonCode =
  | 'administrator' // ended through the integration API or the panel
  | 'policy-changed'
  | 'lease-expired'
  | 'idle'
  | 'replaced' // a newer lease of the same device
  | 'signed-out'
  | 'member-blocked'
  | 'gateway-removed'
  | 'device-removed'
  | 'user'; // DELETE connections by the device itself

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
