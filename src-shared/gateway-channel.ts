import * as z from 'zod';
import { cidr, endpoint, id, isoTime, udpPort, wireGuardKey } from './primitives.ts';

/** Gateway channel, `GET /gateway/v1/channel`: JSON text frames, `Authorization: Bearer <gateway token>`. */

export const GATEWAY_STATS_INTERVAL_MS = 10_000;
/** A `sync` lists every peer, so this channel's frames may be larger than the client's. */
export const GATEWAY_MAX_FRAME_BYTES = 16 * 1024 * 1024;

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
 */
export const toGateway = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('sync'),
    rev,
    peers: z.array(peerSchema),
    networks: z.array(cidr).optional(),
    alternatePorts: z.array(udpPort).optional(),
  }),
  z.object({ type: z.literal('add'), rev, peer: peerSchema }),
  z.object({ type: z.literal('remove'), rev, peers: z.array(wireGuardKey) }),
  z.object({ type: z.literal('ping'), t: z.number() }),
]);
export type ToGateway = z.infer<typeof toGateway>;

export const peerStats = z.object({
  publicKey: wireGuardKey,
  lastHandshakeAt: isoTime.nullable(),
  rxBytes: z.number().int().min(0),
  txBytes: z.number().int().min(0),
  endpoint: z.string().nullable(),
});
export type PeerStats = z.infer<typeof peerStats>;

export const fromGateway = z.discriminatedUnion('type', [
  /** Loose: a newer agent may say more of itself (`version`, `features`) to a server that does not ask for it. */
  z.object({ type: z.literal('hello'), gatewayId: id, publicKey: wireGuardKey, endpoint }),
  z.strictObject({ type: z.literal('done'), rev }),
  z.strictObject({ type: z.literal('failed'), rev, error: z.string().max(500) }),
  z.strictObject({ type: z.literal('stats'), peers: z.array(peerStats) }),
  z.strictObject({ type: z.literal('pong'), t: z.number() }),
]);
export type FromGateway = z.infer<typeof fromGateway>;
