import * as z from 'zod';
import { challengeSchema, levelProofSchema, proofSchema, reasonSchema, requirement } from './challenge.ts';
import { guardToken } from './guard.ts';
import { aboutHelper } from './helper-rpc.ts';
import { memberRole } from './member-role.ts';
import { backupCode, clockDrift, codeMethod, totpCode } from './otp-code.ts';
import { LONGEST_PASSWORD } from './password-rules.ts';
import { policySchema } from './policy.ts';
import { base64url, id, isoTime, wireGuardKey } from './primitives.ts';
import { deviceName } from './typed-name.ts';
import { enrolledUnlock, promptMethod } from './unlock.ts';

/** Client API, `/client/v1`. Requests are strict (unknown keys refused), answers loose (unknown keys ignored). */

const token = z.string().min(1).max(256);

export const signInRequest = z.strictObject({
  email: z.string().min(3).max(254),
  password: z.string().min(1).max(LONGEST_PASSWORD),
  device: z.strictObject({
    id: id.optional(),
    name: deviceName,
    platform: z.string().min(1).max(40),
    /** P-256 SubjectPublicKeyInfo (DER), base64url. */
    publicKey: base64url.max(256),
  }),
  /** Of the newest sign-in of this account here: wrong passwords of strangers do not keep its holder waiting. */
  trustToken: token.optional(),
});
export type SignInRequest = z.infer<typeof signInRequest>;

export const signInAnswer = z.object({
  sessionToken: token,
  memberId: id,
  deviceId: id,
  expiresAt: isoTime,
  /** For the next sign-in, kept beside the device key and not ended with the session; an older server sends none. */
  trustToken: token.optional(),
});
export type SignInAnswer = z.infer<typeof signInAnswer>;

export const mfaRequest = z.discriminatedUnion('method', [
  z.strictObject({ mfaToken: token, method: z.literal('totp'), code: totpCode }),
  z.strictObject({ mfaToken: token, method: z.literal('backup-code'), code: backupCode }),
]);
export const mfaRequiredExtra = z.object({ mfaToken: token, methods: z.array(codeMethod) });
export const mfaSetupRequiredExtra = z.object({ setupToken: token });
/** Of `password-change-required`: all is proven, and `POST sign-in/password` has to follow within 15 minutes. */
export const passwordChangeExtra = z.object({ passwordToken: token });

/** `POST sign-in/password`: 200 `signInAnswer` · 400 `password-too-weak` + `passwordTooWeakExtra` · 401 `mfa-token-invalid`. */
export const newPasswordRequest = z.strictObject({
  passwordToken: token,
  newPassword: z.string().min(1).max(LONGEST_PASSWORD),
});

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
  /** Its host keeps members' packets from passing: `id` of the first trouble, for its administrators to mend; null: none known. */
  trouble: z.string().nullable().default(null),
});
export type GatewaySummary = z.infer<typeof gatewaySummary>;

export const connectionSummary = z.object({
  leaseId: id,
  gatewayId: id,
  startedAt: isoTime,
  expiresAt: isoTime,
  /** The gateway's settings were changed since: the next lease, or a renewal, has them. */
  isOutdated: z.boolean().default(false),
});

export const meAnswer = z.object({
  member: z.object({
    id,
    email: z.string(),
    name: z.string(),
    role: memberRole,
  }),
  device: z.object({ id, name: z.string(), unlock: enrolledUnlock.optional() }),
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
  /**
   * The lease with this key pair that the client holds, whose gateway is gone: where the server agrees, no proof is asked
   * for. The same one again where the answer is lost or `gateway-unavailable`.
   */
  moveOf: id.optional(),
  challengeId: id.optional(),
  proofs: z.array(proofSchema).max(4).optional(),
  /**
   * The newest epoch of this device that its computer knows of. A server that was restored from an older copy of its
   * record knows of less; it takes this one over, since the computer would refuse a lease of an older one.
   */
  knownEpoch: z.number().int().min(0).optional(),
  /** Of the helper that will get the lease: one of a feature that it does not name would be refused by it. */
  helper: aboutHelper.optional(),
});
export type ConnectRequest = z.infer<typeof connectRequest>;

export const connectAnswer = z.object({
  leaseId: id,
  /** Compact JWS; claims in `lease.ts`. */
  lease: z.string().max(8192),
  expiresAt: isoTime,
  epoch: z.number().int(),
  /** Where the helper of the request has the feature. */
  guard: guardToken.optional(),
});
export type ConnectAnswer = z.infer<typeof connectAnswer>;

/**
 * `PUT device/pin`, 204. Without a level proof: 401 `step-up-required` with a challenge for one (`requires: ["totp"]`,
 * and `uv-hw` among its methods if that is set up). A code needs no challenge, an assertion does.
 */
export const setPinRequest = z.strictObject({
  salt: base64url.length(22),
  /** 32 bytes, see `pinKeyParameters`; the server keeps only its SHA-256. */
  proof: base64url.length(43),
  levelProof: levelProofSchema.optional(),
  challengeId: id.optional(),
});
export type SetPinRequest = z.infer<typeof setPinRequest>;

/**
 * `PUT device/biometric`, 204. `attestation`: RegistrationResponseJSON of WebAuthn level 3, over the nonce of
 * `challengeId` (asked for as with the PIN). `publicKey`: P-256 SPKI (DER) that will sign `uv-soft`.
 */
export const setBiometricRequest = z.discriminatedUnion('level', [
  z.strictObject({
    level: z.literal('uv-hw'),
    attestation: z.record(z.string(), z.unknown()).optional(),
    levelProof: levelProofSchema.optional(),
    challengeId: id.optional(),
  }),
  z.strictObject({
    level: z.literal('uv-soft'),
    publicKey: base64url.max(256),
    levelProof: levelProofSchema.optional(),
    challengeId: id.optional(),
  }),
]);
export type SetBiometricRequest = z.infer<typeof setBiometricRequest>;
/** `DELETE device/biometric?level=…`; without `level` both go. */
export const removeBiometricQuery = z.strictObject({ level: promptMethod.optional() });

/**
 * `POST device/unlock-check`, 204: tries a method without connecting. Without a proof: 401 `step-up-required` with a
 * challenge. Counts, spends and refuses just as a connect does.
 */
export const unlockCheckRequest = z.strictObject({
  challengeId: id.optional(),
  proof: proofSchema.optional(),
});
export type UnlockCheckRequest = z.infer<typeof unlockCheckRequest>;

/** `GET devices`: the member's devices that were not removed. `DELETE devices/{id}`, 204: signed out, disconnected, gone. */
export const deviceSummary = z.object({
  id,
  name: z.string(),
  platform: z.string(),
  isThis: z.boolean(),
  isConnected: z.boolean(),
  lastSeenAt: isoTime,
  createdAt: isoTime,
  unlock: enrolledUnlock,
});
export type DeviceSummary = z.infer<typeof deviceSummary>;
export const devicesAnswer = z.object({ devices: z.array(deviceSummary) });

/**
 * `GET guard`: what this device holds back, newly signed. Also the 200 of `POST sign-out`, and of `DELETE devices/{id}`
 * for the device that asks, where it had been given one: with mode `off`. Otherwise these answer 204.
 */
export const guardAnswer = z.object({ guard: guardToken });
export type GuardAnswer = z.infer<typeof guardAnswer>;

/** With `wrong-pin`: tries left before the PIN is gone, and the wait before the next. */
export const wrongPinExtra = z.object({
  attemptsLeft: z.number().int(),
  retryAfterMs: z.number().int().optional(),
});

/** Extra members of the problems that ask for a proof. */
export const stepUpExtra = z.object({
  challenge: challengeSchema,
  /** Of this device, as the question was put: a later word of the same epoch is no news. */
  epoch: z.number().int().optional(),
});
export const invalidCodeExtra = z.object({
  attemptsLeft: z.number().int().optional(),
  /** Anything else is none: of a newer or older server. */
  drift: clockDrift.optional().catch(undefined),
});
/** On `session-invalid`, where somebody ended the session and says why. */
export const sessionEndedExtra = z.object({ reason: reasonSchema });
export const codeUsedExtra = z.object({ nextCodeInMs: z.number().int() });
/** On a refusal that came before any code was looked at, a wrong PIN too: the same code may be sent again. */
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
