import * as z from 'zod';
import { id, isoTime } from '../primitives.ts';

/**
 * What is going on, `/panel/v1`, administrators and owners:
 *
 * | call | request | answers |
 * |---|---|---|
 * | GET overview | `overviewQuery` | 200 `overviewAnswer` |
 */

export const overviewRange = z.enum(['24h', '7d', '30d']);
export const overviewQuery = z.strictObject({ range: overviewRange.default('24h') });

/** One bar: from `from` (UTC, inclusive) for `bucketSeconds`. */
export const overviewPoint = z.object({
  from: isoTime,
  /** Times that somebody (administrator, API) disconnected a member. */
  disconnects: z.number().int(),
  /** Proofs that were accepted: codes, backup codes, PIN, biometrics. */
  stepUps: z.number().int(),
  /** Proofs and passwords that were not. */
  refusals: z.number().int(),
});

export const overviewConnection = z.object({
  leaseId: id,
  memberId: id,
  memberName: z.string(),
  email: z.string(),
  deviceName: z.string(),
  gatewayId: id,
  gatewayName: z.string(),
  since: isoTime,
});

const named = z.object({ id, name: z.string() });
const count = z.number().int();

/** What somebody should look at. `count` is of all; lists name the first five. A page skips kinds that it does not know. */
export const attentionItem = z.discriminatedUnion('kind', [
  /** No gate policy is on: `noGateWarning`. */
  z.object({ kind: z.literal('no-gate') }),
  /** Unlocking is asked for and no way of it is allowed: nobody can connect. */
  z.object({ kind: z.literal('no-unlock-method') }),
  z.object({ kind: z.literal('audit-broken'), brokenAt: z.number().int() }),
  z.object({ kind: z.literal('gateway-offline'), gateway: named, lastSeenAt: isoTime.nullable() }),
  /** Its host keeps members' packets from passing, or its clock is off; `detail` is of the first trouble. */
  z.object({ kind: z.literal('gateway-degraded'), gateway: named, detail: z.string() }),
  /** Connections that were ended and that a gateway has not confirmed for a while. */
  z.object({ kind: z.literal('end-unconfirmed'), count }),
  /** MFA is required somewhere, and these have no authenticator. */
  z.object({ kind: z.literal('members-without-mfa'), count, members: z.array(named) }),
  /** Disabled after too many wrong codes. */
  z.object({ kind: z.literal('factor-disabled'), count, members: z.array(named) }),
  z.object({ kind: z.literal('reset-pending'), count, members: z.array(named) }),
  /** Within two weeks. */
  z.object({ kind: z.literal('token-expiring'), apiToken: named, expiresAt: isoTime }),
  /** Of before a restore: the API refuses them until an owner confirms each. */
  z.object({ kind: z.literal('tokens-suspended'), count, apiTokens: z.array(named) }),
  z.object({ kind: z.literal('mail-not-configured') }),
  /** Nothing has gone out since then, though it is tried; `why` of the last try, in the words of the mail server. */
  z.object({ kind: z.literal('mail-stuck'), since: isoTime, why: z.string() }),
  /** Members whose last mail was given up in the last week; `why` of the newest, in the words of the mail server. */
  z.object({ kind: z.literal('mail-failed'), count, members: z.array(named), why: z.string() }),
  /** The server's own. `names`: for what it is, as it says itself. */
  z.object({
    kind: z.literal('certificate'),
    trouble: z.enum(['expired', 'expiring', 'not-yet-valid', 'wrong-name']),
    host: z.string(),
    names: z.string(),
    notBefore: isoTime,
    notAfter: isoTime,
  }),
  /** On a device of these what the team has held back is not. */
  z.object({ kind: z.literal('guard-failed'), count, members: z.array(named) }),
  /** Where clients of these say that they reach the server, and no lease says that it is there: `ReachedAddresses`. */
  z.object({
    kind: z.literal('server-address-unknown'),
    address: z.string(),
    count,
    members: z.array(named),
  }),
]);
export type AttentionItem = z.infer<typeof attentionItem>;

export const overviewAnswer = z.object({
  range: overviewRange,
  now: z.object({
    /** Members with a tunnel. */
    connected: z.number().int(),
    members: z.number().int(),
    gatewaysOnline: z.number().int(),
    /** Of those online: see `degradedBy`. */
    gatewaysDegraded: z.number().int(),
    gateways: z.number().int(),
  }),
  /** Newest first, at most 50; `now.connected` counts all. */
  connections: z.array(overviewConnection),
  bucketSeconds: z.number().int(),
  /** Oldest first, without gaps; the last bucket is the running one. */
  series: z.array(overviewPoint),
  /** The most pressing first. */
  attention: z.array(attentionItem),
});
export type OverviewAnswer = z.infer<typeof overviewAnswer>;
