import type { WgDevice, WgPeerStats } from '../src-node/wireguard/device.ts';

/** What a WireGuard device has counted of its one peer. */
export type Traffic = Pick<WgPeerStats, 'lastHandshakeAt' | 'rxBytes' | 'txBytes'>;
export const NO_TRAFFIC: Traffic = { lastHandshakeAt: null, rxBytes: 0, txBytes: 0 };

/** How long until the counters are read again. A kernel device is asked through a program, so less often at first. */
export function pollDelayMs(
  { stats, askedAt }: { stats: Traffic; askedAt: number },
  nowMs: number,
  kind: WgDevice['kind'],
): number {
  if (stats.lastHandshakeAt !== null) return 1000;
  const ageMs = nowMs - askedAt;
  if (ageMs < 1000) return kind === 'userspace' ? 2 : 20;
  return ageMs < 10_000 ? 50 : 250;
}
