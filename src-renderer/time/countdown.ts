/** Seconds still to wait, rounded up so that 0 means "now". */
export function secondsLeft(untilMs: number, nowMs: number): number {
  return Math.max(0, Math.ceil((untilMs - nowMs) / 1000));
}

export type Milestone = 'start' | 'ten-seconds' | 'over';

/**
 * What a screen reader is told of a countdown, and nothing in between (WCAG 4.1.3). `previous` is what it was told
 * last; null when there is nothing new. A wait of ten seconds or less has only a start and an end.
 */
export function nextMilestone(previous: Milestone | null, seconds: number): Milestone | null {
  if (seconds === 0) return previous === null || previous === 'over' ? null : 'over';
  if (previous === null || previous === 'over') return 'start';
  return previous === 'start' && seconds <= 10 ? 'ten-seconds' : null;
}
