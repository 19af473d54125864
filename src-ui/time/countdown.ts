/** Seconds still to wait, rounded up so that 0 means "now". */
export function secondsLeft(untilMs: number, nowMs: number): number {
  return Math.max(0, Math.ceil((untilMs - nowMs) / 1000));
}

export interface Told {
  milestone: 'start' | 'ten-seconds' | 'over';
  /** Seconds that were left when it was told. */
  seconds: number;
}

/**
 * What a screen reader is told of a countdown, and nothing in between (WCAG 4.1.3); null when there is nothing new.
 * A wait of ten seconds or less has only a start and an end, and a window that slept through the tenth second says
 * nothing wrong of it.
 */
export function nextMilestone(previous: Told | null, seconds: number): Told['milestone'] | null {
  const last = previous?.milestone ?? 'over';
  if (seconds === 0) return last === 'over' ? null : 'over';
  if (last === 'over') return 'start';
  const isTen = seconds <= 10 && seconds >= 9 && (previous?.seconds ?? 0) > 10;
  return last === 'start' && isTen ? 'ten-seconds' : null;
}
