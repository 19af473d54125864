import type { PeerStats } from '../../../src-shared/gateway-channel.ts';
import type { ServerContext } from '../../context.ts';

/** A handshake that is older says little about the clock of now: it may have been set meanwhile. */
const TELLING_AGE_MS = 180_000;

/** Keeps what the agent counted of its peers, and that it is there. */
export async function noteStats(
  ctx: ServerContext,
  gatewayId: string,
  peers: readonly PeerStats[],
): Promise<void> {
  const now = ctx.now();
  await ctx.database.db.transaction().execute(async (tx) => {
    await tx.updateTable('gateway').set({ last_seen_at: now }).where('id', '=', gatewayId).execute();
    for (const peer of peers) {
      const handshakeAt = handshakeTime(peer, now);
      await tx
        .updateTable('lease')
        .set({
          rx_bytes: peer.rxBytes,
          tx_bytes: peer.txBytes,
          ...(handshakeAt === null ? {} : { last_handshake_at: handshakeAt }),
        })
        .where('gateway_id', '=', gatewayId)
        .where('wg_public_key', '=', peer.publicKey)
        .where('ended_at', 'is', null)
        .execute();
    }
  });
}

/** By this server's clock where the agent tells the age, else by the gateway's own; null: there was none. */
function handshakeTime({ handshakeAgeMs, lastHandshakeAt }: PeerStats, now: number): number | null {
  if (handshakeAgeMs !== undefined) return handshakeAgeMs === null ? null : Math.max(0, now - handshakeAgeMs);
  return lastHandshakeAt === null ? null : Date.parse(lastHandshakeAt);
}

/**
 * How far the gateway's clock is ahead of this server's, in milliseconds, by its newest handshake; null when that is
 * too old to tell, or when the agent tells no ages.
 */
export function clockAhead(peers: readonly PeerStats[], now: number): number | null {
  let newest: { ageMs: number; at: string } | null = null;
  for (const { handshakeAgeMs: ageMs, lastHandshakeAt: at } of peers)
    if (typeof ageMs === 'number' && at !== null && ageMs < (newest?.ageMs ?? TELLING_AGE_MS))
      newest = { ageMs, at };
  return newest && Date.parse(newest.at) - (now - newest.ageMs);
}
