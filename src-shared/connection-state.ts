import * as z from 'zod';
import { challengeSchema, reasonSchema } from './challenge.ts';
import { id, isoTime } from './primitives.ts';
import { knownProblem } from './problem.ts';
import { promptMethod } from './unlock.ts';

/** Who asked for something: in log, audit and on screen. */
export const sourceSchema = z.enum([
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
export type Source = z.infer<typeof sourceSchema>;

const leaseSummary = z.object({
  leaseId: id,
  gatewayId: id,
  expiresAt: isoTime,
  epoch: z.number(),
  /** Inside the tunnel, CIDR. */
  addresses: z.array(z.string()),
  /** UDP ports of the gateway besides its own; left out without one. */
  alternatePorts: z.array(z.number().int()).optional(),
});
export type LeaseSummary = z.infer<typeof leaseSummary>;

/** The question that the user is looking at. */
const gatePrompt = z.object({
  gatewayId: id,
  challenge: challengeSchema,
  /** Who or what ended the connection before; null for a plain connect. */
  reason: reasonSchema.nullable(),
  /** What the last try failed with. */
  lastFailure: knownProblem.nullable(),
  attemptsLeft: z.number().nullable(),
  /** Server time: no try is taken before. */
  waitUntil: isoTime.nullable(),
  /** A proof is on its way to the server. */
  isChecking: z.boolean(),
  /** The system is asking its user right now; `cancelPrompt` takes the question back. */
  prompting: promptMethod.nullable(),
});
export type GatePrompt = z.infer<typeof gatePrompt>;

/** One union for window, tray, notifications and terminal. */
export const connectionState = z.discriminatedUnion('phase', [
  z.object({ phase: z.literal('signed-out'), reason: reasonSchema.nullable() }),
  z.object({
    phase: z.literal('disconnected'),
    cause: knownProblem.nullable(),
    reason: reasonSchema.nullable(),
    source: sourceSchema.nullable(),
  }),
  z.object({ phase: z.literal('gate'), prompt: gatePrompt }),
  z.object({
    phase: z.literal('connecting'),
    gatewayId: id,
    attempt: z.number(),
    lease: leaseSummary.nullable(),
  }),
  z.object({
    phase: z.literal('connected'),
    gatewayId: id,
    lease: leaseSummary,
    /** First byte received. */
    since: isoTime,
    /** `degraded`: answers come, but the server knows that the gateway's host keeps members' packets from passing. */
    health: z.enum(['good', 'stale', 'degraded']),
    /** Set while the user is asked to renew ahead of expiry; the tunnel stays up. */
    renewal: gatePrompt.nullable(),
    /** The server announced the end of this lease. */
    expiring: isoTime.nullable(),
    /** The gateway's settings were changed since this lease was given out: a renewal brings them. */
    isOutdated: z.boolean(),
    warning: z.string().nullable(),
  }),
  z.object({
    phase: z.literal('reconnecting'),
    gatewayId: id,
    lease: leaseSummary.nullable(),
    cause: knownProblem.nullable(),
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
    blockingFailed: knownProblem.nullable(),
  }),
]);
export type ConnectionState = z.infer<typeof connectionState>;

export const phaseSchema = z.enum(connectionState.options.map(({ shape }) => shape.phase.value));
export type Phase = z.infer<typeof phaseSchema>;

/** Whether the server can tell this device something at once. */
export const channelState = z.enum(['open', 'connecting', 'closed']);
export type ChannelState = z.infer<typeof channelState>;

/** Where secrets live: whether the system's keyring can be used. */
export const keychainState = z.enum(['ok', 'absent', 'locked', 'unavailable']);
export type KeychainState = z.infer<typeof keychainState>;
