import * as z from 'zod';
import { guardEvent, guardMode, guardState, guardToken, MAX_GUARD_EVENTS } from './guard.ts';
import { leaseKeyStatement } from './lease-key.ts';
import { id, isoTime, wireGuardKey } from './primitives.ts';
import { problemSchema } from './problem.ts';

/**
 * Helper protocol: line-delimited JSON-RPC 2.0 over a local socket. Params are strict, results loose.
 * A refusal is a JSON-RPC error with `code: -32000` whose `data` is a `Problem`.
 */
export const HELPER_MAX_LINE_BYTES = 64 * 1024;
export const HELPER_PROBLEM_CODE = -32_000;

/** `starting`: the interface is up, no byte received yet. `up`: bytes have been received through the tunnel. */
export const helperPhase = z.enum(['down', 'starting', 'up']);

/**
 * `control`: keeps the servers of a lease's `control` outside the tunnel. `refresh`: the call of this name, which has
 * WireGuard shake hands anew. `guard`: holds traffic back, see `guard.ts`. `dns-domains`: `wg.dns` of a
 * lease as an object. `alternate-ports`: `wg.alternatePorts` of a lease. `overlap`, `epoch`, `lease-key`: the calls
 * of these names.
 */
export const helperFeature = z.enum([
  'control',
  'refresh',
  'guard',
  'dns-domains',
  'alternate-ports',
  'overlap',
  'epoch',
  'lease-key',
]);
export type HelperFeature = z.infer<typeof helperFeature>;

/** Of the helper itself. What it does not name in `features` a lease must not ask of it. */
export const aboutHelper = z.strictObject({
  version: z.string().max(64),
  features: z.array(z.string().max(64)).max(64),
});
export type AboutHelper = z.infer<typeof aboutHelper>;

export const overlapSide = z.enum(['local', 'team']);
export type OverlapSide = z.infer<typeof overlapSide>;

export const helperStatus = z.object({
  phase: helperPhase,
  leaseId: id.optional(),
  lastHandshakeAt: isoTime.nullable(),
  rxBytes: z.number().int(),
  txBytes: z.number().int(),
  /** Absent where the helper cannot hold anything back. */
  guard: guardState.optional(),
  /** Oldest first; each caller passes on what its server has not heard. */
  guardEvents: z.array(guardEvent).max(MAX_GUARD_EVENTS).optional(),
  /**
   * Whether the lease's DNS servers are in force. `unmanaged`: nothing on this system manages names. `unsplit`: what
   * manages them can only ask one resolver for all names, and the lease's are for some domains; they are not in force.
   */
  dns: z.enum(['none', 'resolved', 'resolvconf', 'unmanaged', 'unsplit']).optional(),
  /** The gateway's UDP port that is used now, when it is not the endpoint's own. */
  alternatePort: z.number().int().optional(),
  /** Networks of the lease that this computer's own network has too. */
  overlaps: z.array(z.string()).optional(),
  /** Whose these are now: `local` (also where it is absent) stay outside the tunnel, `team` go through it. */
  overlapSide: overlapSide.optional(),
  ...aboutHelper.partial().shape,
});
export type HelperStatus = z.infer<typeof helperStatus>;

export const helperParams = {
  /** `lease` is the compact JWS; `privateKey` must belong to its `wg.clientPublicKey`. */
  up: z.strictObject({ lease: z.string().max(8192), privateKey: wireGuardKey }),
  down: z.strictObject({}),
  /** The JWS of the server; `guard-invalid` where it is not newer than what is known. */
  guard: z.strictObject({ guard: guardToken }),
  /** What this user wants beyond the team's word. */
  stricter: z.strictObject({ mode: guardMode }),
  /** Opens names and web pages for the sign-in page of a network; `portal-refused` where it may not be. */
  portal: z.strictObject({}),
  /** Root, or the user where the team lets them: `release-refused`. Nothing is held back until a newer guard comes. */
  release: z.strictObject({}),
  /** Answers at once; a `lastHandshakeAt` that is heard after the answer belongs to a handshake after the call. */
  refresh: z.strictObject({}),
  /**
   * Whose the networks are that team and computer both have, in the connection under way; `wrong-state` without one.
   * While traffic is held back they are the team's in any case.
   */
  overlap: z.strictObject({ side: overlapSide }),
  /** The newest epoch of the device that this computer has had a lease of: `epochAnswer`. An older lease is refused. */
  epoch: z.strictObject({ deviceId: id }),
  /**
   * The server's word on the key that signs its leases, see `lease-key.ts`: `untrusted-server` where no key of it is
   * trusted that has signed this, `lease-key-invalid` where it is not newer than what is known.
   */
  'lease-key': z.strictObject({ statement: leaseKeyStatement }),
  status: z.strictObject({}),
} as const;
/** Null: it never had one. */
export const epochAnswer = z.object({ epoch: z.number().int().nullable() });
export type HelperMethod = keyof typeof helperParams;

export const rpcRequest = z.object({
  jsonrpc: z.literal('2.0'),
  id: z.union([z.number(), z.string()]),
  method: z.string(),
  params: z.unknown(),
});

export const rpcMessage = z.union([
  z.object({ jsonrpc: z.literal('2.0'), id: z.union([z.number(), z.string()]), result: z.unknown() }),
  z.object({
    jsonrpc: z.literal('2.0'),
    id: z.union([z.number(), z.string()]).nullable(),
    error: z.object({ code: z.number(), message: z.string(), data: problemSchema.optional() }),
  }),
  z.object({ jsonrpc: z.literal('2.0'), method: z.literal('changed'), params: helperStatus }),
]);
