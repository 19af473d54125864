const CHECK_INTERVAL_MS = 5_000;
const GAP_MS = 10_000;

export interface ClockGapOptions {
  /** Milliseconds since 1970. */
  now: () => number;
  /** Milliseconds, monotonic. */
  monotonic: () => number;
  /** `gapMs`: how much longer the time since the last check was than it should have been. */
  onGap: (gapMs: number) => void;
}

/**
 * Notices sleep where nobody tells of it: the wall clock ran ahead of the monotonic one (Linux does not count sleep
 * there), or a timer came more than 10 s late. A clock that was set forward looks the same, which does no harm.
 */
export function watchClockGap({ now, monotonic, onGap }: ClockGapOptions): { stop(): void } {
  let wall = now();
  let steady = monotonic();
  const timer = setInterval(() => {
    const wallElapsed = now() - wall;
    const steadyElapsed = monotonic() - steady;
    wall += wallElapsed;
    steady += steadyElapsed;
    const gapMs = Math.max(wallElapsed - steadyElapsed, steadyElapsed - CHECK_INTERVAL_MS);
    if (gapMs > GAP_MS) onGap(gapMs);
  }, CHECK_INTERVAL_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
