import * as z from 'zod';
import { challengeSchema, proofSchema, reasonSchema, requirement } from './challenge.ts';
import { backupCode, totpCode } from './otp-code.ts';
import { policySchema } from './policy.ts';
import { base64url, id, isoTime, wireGuardKey } from './primitives.ts';

/** Client API, `/client/v1`. Requests are strict (unknown keys refused), answers loose (unknown keys ignored). */

const token = z.string().min(1).max(256);

export const signInRequest = z.strictObject({
  email: z.string().min(3).max(254),
  password: z.string().min(1).max(1024),
  device: z.strictObject({
    id: id.optional(),
    name: z.string().min(1).max(100),
    platform: z.string().min(1).max(40),
    /** P-256 SubjectPublicKeyInfo (DER), base64url. */
    publicKey: base64url.max(256),
  }),
});
export type SignInRequest = z.infer<typeof signInRequest>;

export const signInAnswer = z.object({ sessionToken: token, memberId: id, deviceId: id, expiresAt: isoTime });
export type SignInAnswer = z.infer<typeof signInAnswer>;

export const mfaMethod = z.enum(['totp', 'backup-code']);
export const mfaRequest = z.discriminatedUnion('method', [
  z.strictObject({ mfaToken: token, method: z.literal('totp'), code: totpCode }),
  z.strictObject({ mfaToken: token, method: z.literal('backup-code'), code: backupCode }),
]);
export const mfaRequiredExtra = z.object({ mfaToken: token, methods: z.array(mfaMethod) });
export const mfaSetupRequiredExtra = z.object({ setupToken: token });

export const mfaSetupRequest = z.strictObject({ setupToken: token.optional() });
export const mfaSetupAnswer = z.object({ factorId: id, secret: z.string(), otpauthUri: z.string() });
export const mfaConfirmRequest = z.strictObject({
  factorId: id,
  code: totpCode,
  setupToken: token.optional(),
});
export const mfaConfirmAnswer = z.object({ backupCodes: z.array(z.string()) });

export const gatewaySummary = z.object({
  id,
  name: z.string(),
  endpoint: z.string().nullable(),
  isOnline: z.boolean(),
});
export type GatewaySummary = z.infer<typeof gatewaySummary>;

export const connectionSummary = z.object({
  leaseId: id,
  gatewayId: id,
  startedAt: isoTime,
  expiresAt: isoTime,
});

export const meAnswer = z.object({
  member: z.object({
    id,
    email: z.string(),
    name: z.string(),
    role: z.enum(['owner', 'administrator', 'member']),
  }),
  device: z.object({ id, name: z.string() }),
  policy: policySchema,
  gateways: z.array(gatewaySummary),
  /** The lease of this device that is alive now. */
  connection: connectionSummary.nullable(),
  /** What the next connect will ask for, and why. */
  stepUp: z.object({
    required: z.boolean(),
    requires: z.array(requirement),
    reason: reasonSchema.nullable(),
  }),
  epoch: z.number().int(),
  serverTime: isoTime,
});
export type MeAnswer = z.infer<typeof meAnswer>;

export const connectRequest = z.strictObject({
  gatewayId: id,
  wgPublicKey: wireGuardKey,
  challengeId: id.optional(),
  proofs: z.array(proofSchema).max(4).optional(),
});
export type ConnectRequest = z.infer<typeof connectRequest>;

export const connectAnswer = z.object({
  leaseId: id,
  /** Compact JWS; claims in `lease.ts`. */
  lease: z.string().max(8192),
  expiresAt: isoTime,
  epoch: z.number().int(),
});
export type ConnectAnswer = z.infer<typeof connectAnswer>;

/** Extra members of the problems that ask for a proof. */
export const stepUpExtra = z.object({ challenge: challengeSchema });
export const invalidCodeExtra = z.object({
  attemptsLeft: z.number().int().optional(),
  drift: z.string().optional(),
});
export const codeUsedExtra = z.object({ nextCodeInMs: z.number().int() });
/** On a refusal that came before any proof was looked at: the same code may be sent again. */
export const proofUnspentExtra = z.object({ isProofSpent: z.literal(false) });
export const throttledExtra = z.object({ retryAfterMs: z.number().int() });

/** `GET /.well-known/postern`, without sign-in: what a client shows before the first sign-in and what root is asked to trust. */
export const serverInfo = z.object({
  name: z.string(),
  issuer: z.url(),
  /** The line for `postern-helper trust`; see `server-key.ts`. */
  serverKey: z.string(),
});
export type ServerInfo = z.infer<typeof serverInfo>;
