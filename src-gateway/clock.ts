/** Two clocks: the wall's can be set, the monotonic one only grows. Milliseconds both. */
export interface Clock {
  /** Since 1970. */
  wallMs: () => number;
  /** Since some fixed moment. */
  monotonicMs: () => number;
}

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};

/** A moment on both clocks. It is past as soon as either says so: setting the wall clock back prolongs nothing. */
export interface Deadline {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

export function deadlineAt(clock: Clock, wallMs: number): Deadline {
  return { wallMs, monotonicMs: clock.monotonicMs() + (wallMs - clock.wallMs()) };
}

/** Milliseconds until the deadline; 0 or less once it is past. */
export function remainingMs(clock: Clock, deadline: Deadline): number {
  return Math.min(deadline.wallMs - clock.wallMs(), deadline.monotonicMs - clock.monotonicMs());
}
