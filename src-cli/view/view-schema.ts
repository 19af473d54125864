import * as z from 'zod';
import { requirement } from '../../src-shared/challenge.ts';
import { channelState, keychainState, phaseSchema } from '../../src-shared/connection-state.ts';
import { guardState } from '../../src-shared/guard.ts';
import { helperPhase } from '../../src-shared/helper-rpc.ts';
import { overlap } from '../../src-shared/overlap.ts';
import { enrolledUnlock, promptMethod, unlockMethod, unlockProviderState } from '../../src-shared/unlock.ts';

const viewReason = z.object({
  code: z.string(),
  message: z.string(),
  incidentId: z.string().nullable(),
  at: z.string(),
});
const viewProblem = z.object({ code: z.string(), detail: z.string() });

const viewPrompt = z.object({
  challengeId: z.string(),
  /** `connect`: nothing is up until it is answered. `renew`: the tunnel stays up meanwhile. */
  purpose: z.enum(['connect', 'renew']),
  requires: z.array(requirement),
  /** What the server would take now, and of that what this computer can do. */
  unlockMethods: z.array(unlockMethod),
  usableMethods: z.array(unlockMethod),
  /** Null unless a PIN would be taken. */
  pin: z.object({ attemptsLeft: z.number(), waitUntil: z.string().nullable() }).nullable(),
  gateway: z.string(),
  reason: viewReason.nullable(),
  attemptsLeft: z.number().nullable(),
  /** ISO 8601, server time. */
  waitUntil: z.string().nullable(),
  expiresAt: z.string(),
  isChecking: z.boolean(),
  /** The system is asking its user right now. */
  prompting: promptMethod.nullable(),
});

const viewUnlock = z.object({
  /** What the server has registered for this device; null before it has said so. */
  enrolled: enrolledUnlock.nullable(),
  providers: z.array(unlockProviderState),
  /** Grows when the screen is locked and when the computer sleeps. */
  lockCount: z.number(),
  /** What the team allows; null before the server has said so. */
  allowed: z.array(unlockMethod).nullable(),
});

const accountView = z.object({ serverUrl: z.string(), serverName: z.string(), email: z.string() });

/**
 * What the terminal shows and `--json` prints: one flat, harmless view of a snapshot. No secret, no nonce, no lease;
 * every text from elsewhere is already plain. Times are ISO 8601, sizes bytes. It is also what the control socket carries.
 */
export const viewSchema = z.object({
  version: z.number(),
  phase: phaseSchema,
  gateway: z.object({ id: z.string(), name: z.string() }).nullable(),
  addresses: z.array(z.string()),
  since: z.string().nullable(),
  expiresAt: z.string().nullable(),
  /** The server announced the end of the lease. */
  isExpiring: z.boolean(),
  isOutdated: z.boolean(),
  health: z.enum(['good', 'stale', 'degraded']).nullable(),
  rxBytes: z.number().nullable(),
  txBytes: z.number().nullable(),
  attempt: z.number().nullable(),
  nextTryAt: z.string().nullable(),
  reason: viewReason.nullable(),
  problem: viewProblem.nullable(),
  warning: z.string().nullable(),
  prompt: viewPrompt.nullable(),
  account: accountView.nullable(),
  /** Who was signed in, while the keyring that keeps the session is locked. */
  lockedSession: accountView.nullable().default(null),
  channel: channelState,
  keychain: keychainState,
  /** The helper's word on the interface; null: the helper cannot be reached. */
  helper: helperPhase.nullable(),
  /** Networks of the team that are also the network here. */
  overlaps: z.array(z.string()).default([]),
  /** Whose these are, and who has said so; null without any. */
  overlap: overlap.nullable().default(null),
  /** The lease has name servers, and nothing on this computer could be told of them. */
  areNamesUnmanaged: z.boolean().default(false),
  /** The lease has name servers for some domains, and this computer can only ask one for all names. */
  areNamesUnsplit: z.boolean().default(false),
  /** What is held back while nobody is connected; null: the helper cannot be reached, or cannot hold anything back. */
  guard: guardState.nullable().default(null),
  /** When the sign-in page of a network was opened lately, oldest first. */
  portals: z.array(z.string()).default([]),
  clockOffsetMs: z.number().nullable(),
  /** To be told once, oldest first; `id` grows. */
  unlock: viewUnlock,
  notices: z.array(z.object({ id: z.number(), kind: z.string(), text: z.string() })),
  gateways: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      isOnline: z.boolean(),
      /** The first thing that keeps members' packets from passing on its host. */
      trouble: z.string().nullable().default(null),
      /** How near it is; null where that is not known. */
      rttMs: z.number().nullable().default(null),
    }),
  ),
});
export type View = z.infer<typeof viewSchema>;
export type ViewPrompt = z.infer<typeof viewPrompt>;
export type ViewUnlock = z.infer<typeof viewUnlock>;
export type ViewReason = z.infer<typeof viewReason>;
