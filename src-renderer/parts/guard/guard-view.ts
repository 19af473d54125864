import type { GuardState } from '../../../src-shared/guard.ts';
import type { Words } from '../../strings/en.ts';

/** What is held back now, in one line; null when nothing is and nothing failed. */
export function heldTitle({ failed, holds }: GuardState, w: Words): string | null {
  if (failed) return w.guard.failed;
  return holds === 'nothing' ? null : w.guard.holds[holds];
}

/** Whose word it is. Another user of the same computer may have asked for more than both. */
export function heldWhy({ source, own, mode }: GuardState, w: Words): string {
  if (source === 'team') return w.guard.why.team;
  return own === mode ? w.guard.why.user : w.guard.why.other;
}
