import * as z from 'zod';
import { MAX_CONTROL_ADDRESSES, MAX_NETWORKS } from './gateway-limits.ts';
import { LEASE_AUDIENCE } from './lease.ts';
import { trafficWhileWaiting } from './policy.ts';
import { cidr, endpoint, id, isoTime } from './primitives.ts';
import { knownProblem } from './problem.ts';

/** JWS `typ` of a guard (RFC 8725 §3.11). */
export const GUARD_TYPE = 'postern-guard+jwt';
/** A laptop that the server did not hear of for so long is free again. */
export const GUARD_LIFE_SECONDS = 14 * 86_400;
/** While the server is heard, a guard whose end is nearer than this is fetched anew. */
export const GUARD_RENEWAL_SECONDS = 13 * 86_400;

/** How often the sign-in page of a network may be opened: once for each attachment, and so often an hour. */
export const MOST_PORTALS_PER_HOUR = 3;

/** `gate`: the team's networks go through the tunnel or not at all. `always`: nothing leaves unless the tunnel is up. */
export const guardMode = trafficWhileWaiting;
export type GuardMode = z.infer<typeof guardMode>;

/**
 * What a device holds back while the gate waits: compact JWS, EdDSA, by the key that signs leases. Strict, as a lease
 * is. `iat` and `until` are seconds since 1970, `seq` is in milliseconds: of one `iss` and `sub` only a higher one is taken.
 */
export const guardClaims = z.strictObject({
  iss: z.url(),
  aud: z.literal(LEASE_AUDIENCE),
  /** The device. */
  sub: id,
  iat: z.number().int(),
  seq: z.number().int().min(0),
  mode: guardMode,
  /** What the tunnel is for. */
  networks: z.array(cidr).max(MAX_NETWORKS),
  /** Where the server answers, `address:port`, over TCP: never held back. */
  control: z.array(endpoint).max(MAX_CONTROL_ADDRESSES),
  /** Printers and other things of the network that the computer is on. */
  allowLan: z.boolean(),
  /** How long the sign-in page of a network may be opened; 0: never. */
  portalMinutes: z.number().int().min(0).max(60),
  /** Whether the user may end it; root always may. */
  userMayRelease: z.boolean(),
  /** Up to the year 9999, so that it can be written as a date. */
  until: z.number().int().min(0).max(253_402_300_799),
});
export type GuardClaims = z.infer<typeof guardClaims>;

export const guardToken = z.string().max(12_288);

/** What is held back now: `team` the team's networks, `all` everything but the way to the server. */
export const guardHolds = z.enum(['nothing', 'team', 'all']);

/** As helper, snapshot and `status --json` tell it. */
export const guardState = z.object({
  /** The strictest of what the team and the users of this computer ask for. */
  mode: guardMode,
  holds: guardHolds,
  source: z.enum(['team', 'user']),
  /** Since when `holds` is what it is; null while nothing is held back. */
  since: isoTime.nullable(),
  /** When the team's word ends if the server is not heard of again; null without one. */
  until: isoTime.nullable(),
  /** The page of a network is open until then. */
  portalUntil: isoTime.nullable(),
  failed: knownProblem.nullable(),
  /** Where the servers answer: `address:port`, open whatever is held back. */
  control: z.array(endpoint),
  /** What this caller has asked for beyond the team's word. */
  own: guardMode,
  /** How long a portal window would be; 0: none allowed. */
  portalMinutes: z.number().int(),
  /** Whether this caller may release it. */
  mayRelease: z.boolean(),
});
export type GuardState = z.infer<typeof guardState>;

/** What happened on the computer, for the audit log. `at` grows from one to the next. */
export const guardEvent = z.strictObject({
  at: isoTime,
  kind: z.enum(['portal-opened', 'released-by-user', 'released-by-root']),
});
export type GuardEvent = z.infer<typeof guardEvent>;
export const MAX_GUARD_EVENTS = 16;
