import * as z from 'zod';
import { memberRole } from '../member-role.ts';
import { id, isoTime } from '../primitives.ts';
import { personName } from '../typed-name.ts';
import { unlockMethod } from '../unlock.ts';
import { cursor, nextCursor, pageLimit, searchText } from './paging.ts';

/**
 * Members and their resets, `/panel/v1`, administrators and owners:
 *
 * | call | request | answers |
 * |---|---|---|
 * | GET members | `membersQuery` | 200 `membersAnswer` |
 * | GET members/{id} | – | 200 `memberAnswer` · 404 `member-not-found` |
 * | POST members | `newMemberRequest` | 201 `newMemberAnswer` · 409 `email-taken` |
 * | PUT members/{id} | `editMemberRequest` | 200 `memberAnswer` · 409 `email-taken`, `last-owner` |
 * | POST members/{id}/block, /unblock | `keepTokensRequest`, – | 200 `memberAnswer` · 409 `last-owner` |
 * | POST members/{id}/disconnect | `panelDisconnectRequest` | 200 `panelDisconnectAnswer`; the member's sessions in the Control Panel have ended, too |
 * | POST members/{id}/mfa-reset | – | 201 `mfaResetAnswer` · 409 `wrong-state` (no authenticator to reset, blocked) |
 * | POST members/{id}/temporary-password | – | 200 `temporaryPasswordAnswer`; sessions and connections end. Needs a step-up |
 * | POST members/{id}/enable-factor | – | 200 `memberAnswer` · 409 `wrong-state` (no authenticator) |
 * | DELETE members/{id} | `keepTokensQuery` | 204 · 409 `last-owner` |
 * | GET mfa-resets | `pageQuery` | 200 `mfaResetsAnswer` |
 * | DELETE mfa-resets/{id} | – | 204 · 404 `not-found` |
 *
 * The API tokens of who is blocked, removed or demoted end with them, unless they are kept, which needs a step-up.
 * 403 `insufficient-role`: only owners make or change owners and administrators; nobody blocks, demotes or removes oneself.
 */

export const memberConnection = z.object({
  leaseId: id,
  deviceId: id,
  deviceName: z.string(),
  gatewayId: id,
  gatewayName: z.string(),
  /** Inside the tunnel. */
  address: z.string(),
  since: isoTime,
  expiresAt: isoTime,
});

/** `disabled`: too many wrong codes; somebody has to enable it again. */
export const mfaState = z.enum(['none', 'active', 'disabled']);

export const memberSummary = z.object({
  id,
  email: z.string(),
  name: z.string(),
  role: memberRole,
  isBlocked: z.boolean(),
  mfa: mfaState,
  hasPendingReset: z.boolean(),
  createdAt: isoTime,
  /** The newest use of any of the member's sessions; null: never signed in. */
  lastSeenAt: isoTime.nullable(),
  connections: z.array(memberConnection),
});
export type MemberSummary = z.infer<typeof memberSummary>;

/** `active` means: not blocked. */
export const memberStatus = z.enum([
  'active',
  'blocked',
  'connected',
  'no-mfa',
  'mfa-disabled',
  'reset-pending',
]);

export const membersQuery = z.strictObject({
  /** Anywhere in name or e-mail address, whatever case and accents. */
  search: searchText.optional(),
  status: memberStatus.optional(),
  role: memberRole.optional(),
  cursor: cursor.optional(),
  limit: pageLimit,
});

/** By name. */
export const membersAnswer = z.object({
  members: z.array(memberSummary),
  nextCursor,
  /** How many fit the query, over all pages. */
  total: z.number().int(),
});

export const memberDevice = z.object({
  id,
  name: z.string(),
  platform: z.string(),
  createdAt: isoTime,
  lastSeenAt: isoTime,
  isSignedIn: z.boolean(),
  /** What is set up on it. */
  unlock: z.array(unlockMethod),
  /**
   * Where the team has traffic held back and this device cannot: it connects all the same, or it is refused. `failed`:
   * it could, and says that it does not.
   */
  guard: z.enum(['exempt', 'refused', 'failed']).optional(),
});

/** What the administrator who asks may do with this member, so that the page need not know the rules. */
export const memberMay = z.object({
  edit: z.boolean(),
  changeRole: z.boolean(),
  block: z.boolean(),
  remove: z.boolean(),
  disconnect: z.boolean(),
  resetMfa: z.boolean(),
  enableFactor: z.boolean(),
});

export const memberAnswer = z.object({
  member: memberSummary.extend({
    devices: z.array(memberDevice),
    backupCodesLeft: z.number().int(),
    /** Names of the API tokens that end when the member is blocked, removed or demoted; a hundred at most. */
    apiTokens: z.array(z.string()),
    may: memberMay,
  }),
});
export type MemberAnswer = z.infer<typeof memberAnswer>;

const memberEmail = z.string().trim().min(3).max(254);

export const newMemberRequest = z.strictObject({
  email: memberEmail,
  name: personName,
  role: memberRole.default('member'),
});

/** The password is shown this once and nowhere else. */
export const newMemberAnswer = z.object({
  member: memberSummary,
  temporaryPassword: z.string(),
});

/** Works for 7 days, up to the first sign-in, which asks for another. Shown this once and nowhere else. */
export const temporaryPasswordAnswer = z.object({ temporaryPassword: z.string() });

/** What is left out stays. */
export const editMemberRequest = z
  .strictObject({
    name: personName.optional(),
    email: memberEmail.optional(),
    role: memberRole.optional(),
    keepApiTokens: z.boolean().optional(),
  })
  .refine((change) => Object.keys(change).length > 0, { error: 'nothing to change' });

export const keepTokensRequest = z.strictObject({ keepApiTokens: z.boolean().optional() });
export const keepTokensQuery = z.strictObject({ keepApiTokens: z.stringbool().optional() });

/** `reason` is shown to the member. */
export const panelDisconnectRequest = z.strictObject({
  reason: z.string().trim().max(200).optional(),
  incidentId: z.string().trim().max(100).optional(),
});

export const panelDisconnectAnswer = z.object({
  endedConnections: z.number().int(),
  /** Every gateway confirmed within 2 s; else it is told until it does. */
  isEnforced: z.boolean(),
  /** Devices that were told at once. */
  notified: z.number().int(),
  /** Devices that hear of it when they come back. */
  offline: z.number().int(),
  /** `noGateWarning`, when no gate policy is on. */
  warning: z.string().nullable(),
});

export const mfaReset = z.object({
  id,
  memberId: id,
  memberName: z.string(),
  email: z.string(),
  /** Who asked for it. */
  requestedBy: z.string(),
  createdAt: isoTime,
  expiresAt: isoTime,
});
export type MfaReset = z.infer<typeof mfaReset>;
export const mfaResetAnswer = z.object({ reset: mfaReset });
/** Pending ones, newest first. */
export const mfaResetsAnswer = z.object({ resets: z.array(mfaReset), nextCursor });
