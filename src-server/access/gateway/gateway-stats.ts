import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PeerStats } from '../../../src-shared/gateway-channel.ts';
import type { ServerContext } from '../../context.ts';
import { prepared } from '../../db/prepared.ts';
import { noteGatewaySeen } from './gateway-hello.ts';

/** A handshake that is older says little about the clock of now: it may have been set meanwhile. */
const TELLING_AGE_MS = 180_000;

/** Leases that are written in one transaction: a few milliseconds. */
const WRITTEN_AT_ONCE = 100;

/** Keeps what the agent counted of its peers, where it is news, and that it is there. */
export async function noteStats(
  ctx: ServerContext,
  gatewayId: string,
  peers: readonly PeerStats[],
): Promise<void> {
  const now = ctx.now();
  const { db } = ctx.database;
  await noteGatewaySeen(ctx, gatewayId);
  const { rows } = await liveCounts(db, { gatewayId });
  const leases = new Map(rows.map((lease) => [lease.publicKey, lease]));
  const news = peers.flatMap((peer): LeaseCounts[] => {
    const lease = leases.get(peer.publicKey);
    if (!lease) return [];
    const handshakeAt = handshakeTime(peer, now) ?? lease.handshakeAt;
    const counts = { id: lease.id, rx: peer.rxBytes, tx: peer.txBytes, handshakeAt };
    const isNews = counts.rx !== lease.rx || counts.tx !== lease.tx || handshakeAt !== lease.handshakeAt;
    return isNews ? [counts] : [];
  });
  for (let from = 0; from < news.length; from += WRITTEN_AT_ONCE) {
    await db.transaction().execute(async (tx) => {
      for (const counts of news.slice(from, from + WRITTEN_AT_ONCE)) await writeCounts(tx, counts);
    });
    await nextTurn();
  }
}

type LeaseCounts = { id: string; rx: number; tx: number; handshakeAt: number | null };

const liveCounts = prepared<{ gatewayId: string }, LeaseCounts & { publicKey: string }>((db, param) =>
  db
    .selectFrom('lease')
    .select(['id', 'wg_public_key as publicKey', 'rx_bytes as rx', 'tx_bytes as tx'])
    .select('last_handshake_at as handshakeAt')
    .where('gateway_id', '=', param('gatewayId'))
    .where('ended_at', 'is', null),
);
const writeCounts = prepared<LeaseCounts, unknown>((db, param) =>
  db
    .updateTable('lease')
    .set({ rx_bytes: param('rx'), tx_bytes: param('tx'), last_handshake_at: param('handshakeAt') })
    .where('id', '=', param('id'))
    .where('ended_at', 'is', null),
);

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
