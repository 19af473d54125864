import type { Problem } from '../../src-shared/problem.ts';
import { waitOf } from '../view/words.ts';

/** What a prompt counts down to, by this computer's clock. */
export interface Countdown {
  /** Milliseconds since 1970. */
  until: number;
  /** Nothing is sent before. Otherwise only the next code is awaited, and one that is there already may go. */
  isBlocking: boolean;
}

/** What a refused code leads to; null when nothing is to be waited for. */
export function countdownAfter(problem: Problem, now: number): Countdown | null {
  const waitMs = waitOf(problem);
  if (waitMs === null || waitMs <= 0) return null;
  return { until: now + waitMs, isBlocking: problem.code !== 'code-already-used' };
}
