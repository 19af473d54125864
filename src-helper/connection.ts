import type { WgPeerStats } from '../src-node/wireguard/device.ts';
import { PORT_TURN_MS } from '../src-shared/port-turn.ts';
import type { AcceptedLease } from './lease-verifier.ts';
import type { Overlap } from './platform.ts';
import { hasAlternates, ownPortOf, type PortChoice } from './port-turn.ts';
import { NO_TRAFFIC, type Traffic } from './traffic.ts';
import type { TunnelStatus } from './tunnel.ts';

/** One lease in force, and what is known of its tunnel. Times without a name are on the monotonic clock, milliseconds. */
export interface Connection {
  lease: AcceptedLease;
  phase: 'starting' | 'up';
  /** When the newest handshake was asked for. */
  askedAt: number;
  /** The same at this port of the gateway. Another peer's figures are of another time. */
  triedAt: number;
  choice: PortChoice;
  stats: Traffic;
  /** When bytes came last. */
  heardAt: number;
  /** What went through before the peer was replaced: the device counts from zero again. */
  counted: Pick<Traffic, 'rxBytes' | 'txBytes'>;
  overlap: Overlap;
}

/** WireGuard ends a session after so long without a handshake (whitepaper §6.2). */
const SILENCE_LIMIT_MS = 180_000;

export function begun(
  lease: AcceptedLease,
  { choice, overlap }: Pick<Connection, 'choice' | 'overlap'>,
  now: number,
): Connection {
  const times = { askedAt: now, triedAt: now, heardAt: now };
  return { lease, phase: 'starting', ...times, choice, stats: NO_TRAFFIC, counted: NO_TRAFFIC, overlap };
}

/** After the peer was replaced: what went through is carried over, and a handshake has yet to come. */
export function triedAnew(connection: Connection, choice: PortChoice, now: number): Connection {
  const { rxBytes, txBytes } = connection.stats;
  const counted = { rxBytes, txBytes };
  return { ...connection, triedAt: now, choice, counted, stats: { ...counted, lastHandshakeAt: null } };
}

/** With what the device has counted since the peer is there. */
export function withStats(connection: Connection, read: WgPeerStats, now: number): Connection {
  const { stats, counted, phase, heardAt } = connection;
  const rxBytes = counted.rxBytes + read.rxBytes;
  const txBytes = counted.txBytes + read.txBytes;
  return {
    ...connection,
    phase: rxBytes > 0 ? 'up' : phase,
    stats: { lastHandshakeAt: read.lastHandshakeAt, rxBytes, txBytes },
    heardAt: rxBytes > stats.rxBytes ? now : heardAt,
  };
}

/** Whether packets come back. */
export function isAlive({ phase, heardAt }: Connection, now: number): boolean {
  return phase === 'up' && now - heardAt < SILENCE_LIMIT_MS;
}

/** Before the first byte only our own handshakes count up, which is no news. */
export function isNews(before: Connection, after: Connection): boolean {
  const hasMoved =
    before.stats.rxBytes !== after.stats.rxBytes || before.stats.txBytes !== after.stats.txBytes;
  return after.phase !== before.phase || (hasMoved && before.phase === 'up');
}

export function isOwnPort({ choice, lease }: Connection): boolean {
  return choice.port === ownPortOf(lease.claims.wg);
}

/** Whether it is the turn of another port of the gateway. */
export function isTurnOver({ lease, stats, triedAt }: Connection, now: number): boolean {
  return stats.lastHandshakeAt === null && hasAlternates(lease.claims.wg) && now - triedAt >= PORT_TURN_MS;
}

/** By either clock. `now`: milliseconds since 1970. */
export function hasExpired({ lease }: Connection, now: number, monotonicNow: number): boolean {
  return now >= lease.claims.exp * 1000 || monotonicNow >= lease.deadline;
}

export function statusOf(connection: Connection | null, dns: TunnelStatus['dns']): TunnelStatus {
  const names = dns === undefined ? {} : { dns };
  if (!connection) return { phase: 'down', ...NO_TRAFFIC, lastHandshakeAt: null, ...names };
  const { lease, phase, stats, overlap, choice } = connection;
  const { lastHandshakeAt, rxBytes, txBytes } = stats;
  return {
    phase,
    leaseId: lease.claims.jti,
    lastHandshakeAt: lastHandshakeAt === null ? null : new Date(lastHandshakeAt).toISOString(),
    rxBytes,
    txBytes,
    ...names,
    ...(isOwnPort(connection) ? {} : { alternatePort: choice.port }),
    ...(overlap.overlaps.length > 0 ? overlap : {}),
  };
}
