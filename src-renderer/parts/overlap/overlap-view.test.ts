import { expect, test } from 'vitest';
import type { Overlap } from '../../../src-shared/overlap.ts';
import { en } from '../../strings/en.ts';
import { needsWord, overlapSentence } from './overlap-view.ts';

const overlap = (side: Overlap['side'], choice: Overlap['choice']): Overlap => ({
  networks: ['10.0.0.0/24', '10.0.1.0/24'],
  side,
  choice,
});

test.each([
  [overlap('local', 'open'), en.overlap.local, true],
  [overlap('local', 'made'), en.overlap.made, false],
  [overlap('team', 'made'), en.overlap.team, false],
  [overlap('team', 'guard'), en.overlap.guard, false],
  [overlap('local', 'none'), en.overlap.none, true],
])('%j names the networks, whose they are and why', (shared, told, isAsking) => {
  const sentence = overlapSentence(shared, en);
  expect(sentence).toContain('10.0.0.0/24, 10.0.1.0/24 is a network of your team');
  expect(sentence).toContain(shared.side === 'team' ? en.overlap.team : en.overlap.local);
  expect(sentence).toContain(told);
  expect(needsWord(shared)).toBe(isAsking);
});
