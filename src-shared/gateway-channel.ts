import * as z from 'zod';
import { cidr, endpoint, id, isoTime, udpPort, wireGuardKey } from './primitives.ts';

/** Gateway channel, `GET /gateway/v1/channel`: JSON text frames, `Authorization: Bearer <gateway token>`. */

export const GATEWAY_STATS_INTERVAL_MS = 10_000;
/** A `sync` lists every peer, so this channel's frames may be larger than the client's. */
export const GATEWAY_MAX_FRAME_BYTES = 16 * 1024 * 1024;

/**
 * What an agent names in its `hello` and a server in its `sync`: neither sends the other what it does not name.
 * `alternate-ports`, `addresses`: carries out what `sync` says of them. `health`: the frame. `handshake-age`:
 * `handshakeAgeMs` in `stats`, which needs no clock that both agree on.
 */
export const gatewayFeature = z.enum(['alternate-ports', 'addresses', 'health', 'handshake-age']);
export type GatewayFeature = z.infer<typeof gatewayFeature>;
const features = z.array(z.string().max(64)).max(64);

const rev = z.number().int().min(0);

export const peerSchema = z.object({
  publicKey: wireGuardKey,
  presharedKey: wireGuardKey,
  allowedIps: z.array(cidr).min(1),
  leaseId: id,
  expiresAt: isoTime,
});
export type Peer = z.infer<typeof peerSchema>;

/**
 * `remove.peers` are public keys. `sync.networks` is where members may go through this gateway; an older server does not
 * say it. `sync.alternatePorts`: UDP ports of this host that lead to the tunnel's own, none where it is left out.
 * `sync.addresses`: the gateway's own in the tunnel, with the length of their network, one of each family that its
 * devices have. `sync.accepts`: the features of this server.
 */
export const toGateway = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('sync'),
    rev,
    peers: z.array(peerSchema),
    networks: z.array(cidr).optional(),
    alternatePorts: z.array(udpPort).optional(),
    addresses: z.array(cidr).optional(),
    accepts: features.optional(),
  }),
  z.object({ type: z.literal('add'), rev, peer: peerSchema }),
  z.object({ type: z.literal('remove'), rev, peers: z.array(wireGuardKey) }),
  z.object({ type: z.literal('ping'), t: z.number() }),
]);
export type ToGateway = z.infer<typeof toGateway>;

export const peerStats = z.object({
  publicKey: wireGuardKey,
  lastHandshakeAt: isoTime.nullable(),
  /** Since the last handshake, by a clock that only goes forward; null: there was none. */
  handshakeAgeMs: z.number().int().min(0).nullable().optional(),
  rxBytes: z.number().int().min(0),
  txBytes: z.number().int().min(0),
  endpoint: z.string().nullable(),
});
export type PeerStats = z.infer<typeof peerStats>;

/** What keeps members' packets from passing on the gateway's host: `id` of `postern-gateway check`, for people, what to do. */
export const hostTrouble = z.object({
  id: z.string().min(1).max(64),
  detail: z.string().min(1).max(500),
  remedy: z.string().max(1000).nullable(),
});
export type HostTrouble = z.infer<typeof hostTrouble>;

/** What administrators should know of and members do not feel: the gateway's own port leads on. */
const STOPS_NOTHING: ReadonlySet<string> = new Set(['ports', 'clock']);

/** The first of what keeps members' packets from passing: by it a gateway is degraded. Undefined: nothing does. */
export function degradedBy(troubles: readonly HostTrouble[]): HostTrouble | undefined {
  return troubles.find(({ id }) => !STOPS_NOTHING.has(id));
}
export const MAX_HOST_TROUBLES = 20;

export const fromGateway = z.discriminatedUnion('type', [
  /** Loose: a newer agent may say more of itself to a server that does not ask for it; an older one names nothing. */
  z.object({
    type: z.literal('hello'),
    gatewayId: id,
    publicKey: wireGuardKey,
    endpoint,
    version: z.string().max(64).optional(),
    features: features.optional(),
  }),
  z.strictObject({ type: z.literal('done'), rev }),
  z.strictObject({ type: z.literal('failed'), rev, error: z.string().max(500) }),
  z.strictObject({ type: z.literal('stats'), peers: z.array(peerStats) }),
  /** All that is wrong now, none when all is well: after each `sync`, and whenever it has changed. */
  z.strictObject({ type: z.literal('health'), troubles: z.array(hostTrouble).max(MAX_HOST_TROUBLES) }),
  z.strictObject({ type: z.literal('pong'), t: z.number() }),
]);
export type FromGateway = z.infer<typeof fromGateway>;
