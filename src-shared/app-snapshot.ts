import * as z from 'zod';
import { challengeSchema, reasonSchema } from './challenge.ts';
import { gatewaySummary } from './client-api.ts';
import type { ConnectionState } from './connection-state.ts';
import { helperStatus } from './helper-rpc.ts';
import { policySchema, trafficWhileWaiting } from './policy.ts';
import { id, isoTime } from './primitives.ts';
import { type Problem, problemSchema } from './problem.ts';
import { enrolledUnlock, unlockProviderState } from './unlock.ts';

/** Everything the window shows, whole, each time; the connection is the union of `connection-state.ts`. */

/** Problems are made by `problem()` on the sending side, so their code is one of the table. */
const problemView = problemSchema.transform((value): Problem => value as Problem);
const leaseView = z.object({
  leaseId: id,
  gatewayId: id,
  expiresAt: isoTime,
  epoch: z.number(),
  addresses: z.array(z.string()),
});
const promptView = z.object({
  gatewayId: id,
  challenge: challengeSchema,
  reason: reasonSchema.nullable(),
  lastFailure: problemView.nullable(),
  attemptsLeft: z.number().nullable(),
  waitUntil: isoTime.nullable(),
  isChecking: z.boolean(),
  prompting: z.enum(['uv-hw', 'uv-soft']).nullable(),
});
const source = z.enum([
  'cli',
  'home-button',
  'gate-dialog',
  'tray',
  'deep-link',
  'launch',
  'server',
  'system',
  'quit',
]);

export const connectionView: z.ZodType<ConnectionState> = z.discriminatedUnion('phase', [
  z.object({ phase: z.literal('signed-out'), reason: reasonSchema.nullable() }),
  z.object({
    phase: z.literal('disconnected'),
    cause: problemView.nullable(),
    reason: reasonSchema.nullable(),
    source: source.nullable(),
  }),
  z.object({ phase: z.literal('gate'), prompt: promptView }),
  z.object({
    phase: z.literal('connecting'),
    gatewayId: id,
    attempt: z.number(),
    lease: leaseView.nullable(),
  }),
  z.object({
    phase: z.literal('connected'),
    gatewayId: id,
    lease: leaseView,
    since: isoTime,
    health: z.enum(['good', 'stale']),
    renewal: promptView.nullable(),
    expiring: isoTime.nullable(),
    warning: z.string().nullable(),
  }),
  z.object({
    phase: z.literal('reconnecting'),
    gatewayId: id,
    lease: leaseView.nullable(),
    cause: problemView.nullable(),
    attempt: z.number(),
    nextTryAt: isoTime.nullable(),
    warning: z.string().nullable(),
  }),
  z.object({
    phase: z.literal('disconnecting'),
    next: z.enum(['disconnected', 'gate', 'reconnect']),
    reason: reasonSchema.nullable(),
  }),
  z.object({
    phase: z.literal('blocked'),
    cause: reasonSchema.nullable(),
    blockingFailed: problemView.nullable(),
  }),
]);

/** One line of the Activity screen. `who` and `why` are data; the words come from the page's catalogue. */
export const activityEntry = z.object({
  id: z.number(),
  at: isoTime,
  kind: z.enum([
    'signed-in',
    'signed-out',
    'connecting',
    'connected',
    'disconnected',
    'gate',
    'reconnecting',
    'proof-refused',
    'renewed',
    'notice',
  ]),
  source: source.nullable(),
  gatewayName: z.string().nullable(),
  reason: reasonSchema.nullable(),
  problem: problemView.nullable(),
});
export type ActivityEntry = z.infer<typeof activityEntry>;

/** Bytes per second over the last minute, one sample a second, oldest first. */
export const trafficSample = z.object({ rxPerSecond: z.number(), txPerSecond: z.number() });

export const appSnapshot = z.object({
  version: z.number(),
  app: z.object({
    name: z.string(),
    version: z.string(),
    platform: z.enum(['linux', 'darwin', 'win32']),
    /** `browser`: this machine has no Electron, the window is a Chromium page; never in a packaged build. */
    host: z.enum(['electron', 'browser']),
    isPackaged: z.boolean(),
    /** BCP 47, of the operating system. */
    locale: z.string(),
    /** Where the sign-in form starts, e.g. the server of the local stack. */
    defaultServerUrl: z.string().nullable(),
    update: z.enum(['off', 'none', 'downloading', 'ready']),
    /** The page was reloaded after it had crashed. */
    hasRecovered: z.boolean(),
  }),
  connection: connectionView,
  account: z
    .object({ serverUrl: z.string(), serverName: z.string(), email: z.string(), memberId: id, deviceId: id })
    .nullable(),
  gateways: z.array(gatewaySummary),
  policy: policySchema.nullable(),
  channel: z.enum(['open', 'connecting', 'closed']),
  keychain: z.enum(['ok', 'absent', 'locked', 'unavailable']),
  tunnel: helperStatus.nullable(),
  unlock: z.object({
    /** What the server has registered for this device; null before it has said so. */
    enrolled: enrolledUnlock.nullable(),
    /** Best first; empty where this system has none. */
    providers: z.array(unlockProviderState),
    /** Grows each time the screen is locked or the machine goes to sleep: what was typed is dropped. */
    lockCount: z.number(),
  }),
  isOnline: z.boolean(),
  clockOffsetMs: z.number().nullable(),
  settings: z.object({
    launchAtLogin: z.boolean(),
    connectAtLaunch: z.boolean(),
    /** The user's choice; null while the team's policy decides. */
    trafficWhileWaiting: trafficWhileWaiting.nullable(),
    theme: z.enum(['system', 'light', 'dark']),
    language: z.enum(['system', 'en', 'de']),
  }),
  /** Newest first, at most 200. */
  activity: z.array(activityEntry),
  traffic: z.array(trafficSample),
  notices: z.array(z.object({ id: z.number(), at: isoTime, kind: z.string(), text: z.string() })),
});
export type AppSnapshot = z.infer<typeof appSnapshot>;
