import * as z from 'zod';
import { backupCode, totpCode } from './otp-code.ts';
import { base64url, id, isoTime } from './primitives.ts';

export const unlockMethod = z.enum(['pin', 'uv-hw', 'uv-soft']);
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
  | 'user'; // DELETE connections by the device itself

/** The server's question. Single use, bound to device and epoch; `expiresAt` 5 min (60 s if it requires `unlock`). */
export const challengeSchema = z.object({
  id,
  nonce: base64url,
  requires: z.array(requirement),
  unlockMethods: z.array(unlockMethod),
  reason: reasonSchema.nullable(),
  expiresAt: isoTime,
});
export type Challenge = z.infer<typeof challengeSchema>;

/** The client's answers. `backup-code` stands in for `totp`; the unlock kinds are described in `unlock.md`. */
export const proofSchema = z.discriminatedUnion('method', [
  z.strictObject({ method: z.literal('totp'), code: totpCode }),
  z.strictObject({ method: z.literal('backup-code'), code: backupCode }),
  z.strictObject({ method: z.literal('pin'), proof: base64url, signature: base64url }),
  z.strictObject({ method: z.literal('uv-hw'), assertion: z.record(z.string(), z.unknown()) }),
  z.strictObject({ method: z.literal('uv-soft'), verifiedAt: isoTime, signature: base64url }),
]);
export type Proof = z.infer<typeof proofSchema>;
