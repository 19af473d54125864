import * as z from 'zod';
import { challengeSchema, reasonSchema } from './challenge.ts';
import { guardEvent, guardToken, MAX_GUARD_EVENTS } from './guard.ts';
import { leaseKeyStatement, leaseKeyStep } from './lease-key.ts';
import { policySchema } from './policy.ts';
import { endpoint, id, isoTime } from './primitives.ts';

/** Client channel, `GET /client/v1/channel`: JSON text frames. Frames from the server ignore unknown keys, frames to it refuse them. */
export const CHANNEL_MAX_FRAME_BYTES = 16 * 1024;
export const CHANNEL_PING_INTERVAL_MS = 10_000;
/** Dead after this many unanswered pings. */
export const CHANNEL_MAX_MISSED_PINGS = 2;

/** Why either channel is closed: RFC 6455 §7.4.1, the IANA registry of its §11.7, and our own from 4000 on. */
export const closeCodes = {
  normal: 1000,
  goingAway: 1001,
  internalError: 1011,
  restart: 1012,
  sessionEnded: 4001,
  replaced: 4002,
  protocolError: 4003,
} as const;
export type CloseCode = (typeof closeCodes)[keyof typeof closeCodes];

const seq = z.number().int().min(0);
const epoch = z.number().int().min(0);

/** `reason` of a `disconnect`; `leaseId` is null when the device had no lease left to end. */
export const serverFrame = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('hello'),
    epoch,
    seq,
    serverTime: isoTime,
    /** Frames that came later than the first version; one that is not named here is not sent. */
    accepts: z.array(z.string()).optional(),
  }),
  z.object({
    type: z.literal('disconnect'),
    seq,
    epoch,
    leaseId: id.nullable(),
    reason: reasonSchema,
    challenge: challengeSchema.optional(),
  }),
  z.object({ type: z.literal('policy'), seq, policy: policySchema }),
  z.object({ type: z.literal('lease-expiring'), seq, leaseId: id, expiresAt: isoTime }),
  z.object({ type: z.literal('signed-out'), seq, reason: reasonSchema }),
  /** Only to a device whose helper has the feature. */
  z.object({ type: z.literal('guard'), seq, guard: guardToken }),
  /** Not stored: `me` says the same. `online`: the gateway has the whole truth in force. */
  z.object({
    type: z.literal('gateway'),
    id,
    state: z.enum(['online', 'offline']),
    /** Its name or settings are others now. */
    isEdited: z.boolean().optional(),
    /** As in `me`, each time that it is another. */
    trouble: z.string().nullable().optional(),
  }),
  /** Not stored: the answer to the client's frame of this type, and again whenever there is another step. */
  z.object({ type: z.literal('lease-key'), step: leaseKeyStep, statement: leaseKeyStatement }),
  z.object({ type: z.literal('ping'), t: z.number() }),
]);
export type ServerFrame = z.infer<typeof serverFrame>;

/** The frames that are stored until acked and replayed on `resume`. */
export type StoredFrame = Exclude<ServerFrame, { type: 'hello' | 'gateway' | 'lease-key' | 'ping' }>;

export const clientFrame = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('resume'), afterSeq: seq }),
  z.strictObject({ type: z.literal('ack'), seq }),
  z.strictObject({ type: z.literal('status'), phase: z.string().max(40), leaseId: id.optional() }),
  z.strictObject({ type: z.literal('pong'), t: z.number() }),
  /** May be sent again: what has been recorded is not recorded twice. */
  z.strictObject({ type: z.literal('guard'), events: z.array(guardEvent).min(1).max(MAX_GUARD_EVENTS) }),
  /** Of this computer, after `hello` and whenever it is another; where `accepts` has it. */
  z.strictObject({
    type: z.literal('report'),
    /** Where this channel reached the server. */
    serverAddress: endpoint,
    /** Why what should be held back is not: the code of a problem; null while it is. */
    guardFailed: z.string().min(1).max(60).nullable(),
  }),
  /**
   * Where `accepts` has it, whenever channel and helper are there. Null: this computer takes the server's words on its
   * key; a step: the helper has that one.
   */
  z.strictObject({ type: z.literal('lease-key'), step: leaseKeyStep.nullable() }),
]);
export type ClientFrame = z.infer<typeof clientFrame>;
