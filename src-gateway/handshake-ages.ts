import type { WgPeerStats } from '../src-node/wireguard/device.ts';
import type { Clock } from './clock.ts';

interface Seen {
  /** The device's word for the newest handshake, by a wall clock that may have been set since. */
  lastHandshakeAt: number;
  /** When that was, on the monotonic clock. */
  atMs: number;
}

/**
 * How long ago each peer's last handshake was, by a clock that only goes forward. The device tells the wall clock's time
 * of it, which is believed only as far as it fits: a handshake that was not there at the last look is younger than that.
 */
export class HandshakeAges {
  readonly #clock: Clock;
  /** Of the last look; before the first there was no peer. */
  #lookedAtMs: number;
  #seen = new Map<string, Seen>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lookedAtMs = clock.monotonicMs();
  }

  /** Milliseconds by public key, for the device's peers as they were read just now; null: no handshake yet. */
  look(peers: readonly Pick<WgPeerStats, 'publicKey' | 'lastHandshakeAt'>[]): Map<string, number | null> {
    const nowMs = this.#clock.monotonicMs();
    const longestMs = nowMs - this.#lookedAtMs;
    const seen = new Map<string, Seen>();
    const ages = new Map<string, number | null>();
    for (const { publicKey, lastHandshakeAt } of peers) {
      if (lastHandshakeAt === null) {
        ages.set(publicKey, null);
        continue;
      }
      const before = this.#seen.get(publicKey);
      const claimedMs = this.#clock.wallMs() - lastHandshakeAt;
      const one =
        before?.lastHandshakeAt === lastHandshakeAt
          ? before
          : { lastHandshakeAt, atMs: nowMs - Math.min(Math.max(claimedMs, 0), longestMs) };
      seen.set(publicKey, one);
      ages.set(publicKey, Math.round(nowMs - one.atMs));
    }
    this.#seen = seen;
    this.#lookedAtMs = nowMs;
    return ages;
  }
}
