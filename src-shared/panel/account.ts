import * as z from 'zod';
import { memberRole } from '../member-role.ts';
import { totpCode } from '../otp-code.ts';
import { id, isoTime } from '../primitives.ts';
import { enrolledUnlock } from '../unlock.ts';
import { passwordText, sessionMethod } from './session.ts';

/**
 * Account: what every member sees and changes of their own.
 *
 * | route (`/panel/v1/…`) | request | answers |
 * |---|---|---|
 * | GET account | – | 200 `accountAnswer` |
 * | GET account/activity | `?cursor&limit` | 200 `activityAnswer`, newest first |
 * | PUT account/password | `changePasswordRequest` | 204: every other session and every lease ends, this session stays · 403 `wrong-password` · 400 `password-too-weak` · 429 |
 * | POST account/mfa/setup | `accountSetupRequest` | 200 `newFactorAnswer`; an old factor stays valid · 403 `wrong-password` · 403 `password-required` · 429 |
 * | POST account/mfa/confirm | `accountConfirmRequest` | 200 `backupCodesAnswer`; the old factor and its backup codes have ended · 401 `invalid-code` · 404 `not-found` (expired) · 429 |
 * | POST account/mfa/turn-off | `turnOffRequest` | 204 · 403 `wrong-password` · 403 `mfa-kept` (the team requires it) · 404 `not-found` (none is on) · 429 |
 * | POST account/backup-codes | `{}` | 200 `backupCodesAnswer`; all earlier ones are void · 403 `code-sign-in-required` (see `may`) |
 * | DELETE account/sessions/{id} | – | 204 · 404 `not-found`. The own one: like sign-out |
 * | DELETE account/devices/{id} | – | 204: signed out, disconnected, gone · 404 `device-not-found` |
 */

/** Whether a button works, and if not, the sentence to show beside it. */
export const permission = z.object({
  isAllowed: z.boolean(),
  why: z.string().nullable(),
  /** The request must carry the password. */
  needsPassword: z.boolean(),
});
export type Permission = z.infer<typeof permission>;

export const accountDevice = z.object({
  id,
  name: z.string(),
  platform: z.string(),
  isConnected: z.boolean(),
  /** Where it is connected. */
  gatewayName: z.string().nullable(),
  lastSeenAt: isoTime,
  createdAt: isoTime,
  unlock: enrolledUnlock,
});
export type AccountDevice = z.infer<typeof accountDevice>;

export const accountSession = z.object({
  id,
  kind: z.enum(['panel', 'client']),
  method: sessionMethod,
  isThis: z.boolean(),
  /** Of a client session. */
  deviceName: z.string().nullable(),
  ip: z.string().nullable(),
  /** Of a panel session, as the browser says it. */
  userAgent: z.string().nullable(),
  createdAt: isoTime,
  lastUsedAt: isoTime,
  expiresAt: isoTime,
});
export type AccountSession = z.infer<typeof accountSession>;

/** Warn when so many backup codes or fewer are left. */
export const FEW_BACKUP_CODES = 3;

export const accountAnswer = z.object({
  member: z.object({ id, email: z.string(), name: z.string(), role: memberRole, createdAt: isoTime }),
  /** Null: MFA is off. `isDisabled`: after too many wrong codes, until an administrator acts. */
  factor: z.object({ id, createdAt: isoTime, isDisabled: z.boolean() }).nullable(),
  backupCodesLeft: z.number().int(),
  /** The team requires MFA for the Control Panel. */
  isMfaRequired: z.boolean(),
  may: z.object({
    regenerateBackupCodes: permission,
    turnOffMfa: permission,
    /** Set up the first factor, or replace the present one. */
    replaceFactor: permission,
  }),
  devices: z.array(accountDevice),
  sessions: z.array(accountSession),
});
export type AccountAnswer = z.infer<typeof accountAnswer>;

export const activityQuery = z.strictObject({
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(30),
});

export const activityItem = z.object({
  id: z.string(),
  at: isoTime,
  /** `noun.verb` of the audit log: `sign-in.password`, `proof.totp`, `lease.begin`, `session.begin`, … */
  action: z.string(),
  outcome: z.enum(['ok', 'refused', 'failed']),
  who: z.enum(['you', 'administrator', 'integration', 'server', 'unknown']),
  ip: z.string().nullable(),
  deviceName: z.string().nullable(),
  /** Code of the refusal or reason, where there is one. */
  reason: z.string().nullable(),
});
export type ActivityItem = z.infer<typeof activityItem>;
export const activityAnswer = z.object({
  items: z.array(activityItem),
  /** For the next page; null at the end. */
  nextCursor: z.string().nullable(),
});

export const changePasswordRequest = z.strictObject({
  currentPassword: passwordText,
  newPassword: passwordText,
});
/** The password is left out only where `may.replaceFactor.needsPassword` is false. */
export const accountSetupRequest = z.strictObject({ password: passwordText.optional() });
export const accountConfirmRequest = z.strictObject({ factorId: id, code: totpCode });
export const turnOffRequest = z.strictObject({ password: passwordText });
