import type { Overlap } from '../../../src-shared/overlap.ts';
import type { Words } from '../../strings/en.ts';

/** Whose the networks are that team and surroundings both have, and why. */
export function overlapSentence({ networks, side, choice }: Overlap, w: Words): string {
  const sentences = w.overlap[side];
  const why = { open: '', made: w.overlap.made, guard: w.overlap.guard, none: w.overlap.none }[choice];
  return [w.overlap.what(networks.join(', ')), sentences, why].filter(Boolean).join(' ');
}

/** Whether the user is to do something about it. */
export const needsWord = ({ choice }: Overlap): boolean => choice === 'open' || choice === 'none';
