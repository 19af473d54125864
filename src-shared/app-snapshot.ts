import * as z from 'zod';
import { reasonSchema } from './challenge.ts';
import { gatewaySummary } from './client-api.ts';
import { channelState, connectionState, keychainState, sourceSchema } from './connection-state.ts';
import { guardState } from './guard.ts';
import { helperStatus } from './helper-rpc.ts';
import { overlap } from './overlap.ts';
import { policySchema } from './policy.ts';
import { id, isoTime } from './primitives.ts';
import { knownProblem } from './problem.ts';
import { enrolledUnlock, unlockProviderState } from './unlock.ts';

/** Everything the window shows, whole, each time; the connection is the union of `connection-state.ts`. */

export const theme = z.enum(['system', 'light', 'dark']);
export const language = z.enum(['system', 'en', 'de']);

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
  source: sourceSchema.nullable(),
  gatewayName: z.string().nullable(),
  reason: reasonSchema.nullable(),
  problem: knownProblem.nullable(),
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
  connection: connectionState,
  account: z
    .object({ serverUrl: z.string(), serverName: z.string(), email: z.string(), memberId: id, deviceId: id })
    .nullable(),
  /** Who was signed in, while the keyring that keeps the session is locked. */
  lockedSession: z.object({ serverUrl: z.string(), serverName: z.string(), email: z.string() }).nullable(),
  gateways: z.array(gatewaySummary),
  /** To the gateways that have answered, by id: milliseconds. */
  roundTrips: z.record(id, z.number().int().min(0)),
  policy: policySchema.nullable(),
  channel: channelState,
  keychain: keychainState,
  tunnel: helperStatus.nullable(),
  /** What is held back; null while the helper is away or cannot hold anything back. */
  guard: guardState.nullable(),
  /** Networks that are both the team's and the network's here; null where there are none. */
  overlap: overlap.nullable(),
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
    theme,
    language,
  }),
  /** Newest first, at most 200. */
  activity: z.array(activityEntry),
  traffic: z.array(trafficSample),
  notices: z.array(z.object({ id: z.number(), at: isoTime, kind: z.string(), text: z.string() })),
});
export type AppSnapshot = z.infer<typeof appSnapshot>;
