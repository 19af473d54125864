import { expect, test } from 'vitest';
import { type Milestone, nextMilestone, secondsLeft } from './countdown.ts';

function heard(fromSeconds: number): Milestone[] {
  const told: Milestone[] = [];
  for (let seconds = fromSeconds; seconds >= 0; seconds -= 1) {
    const next = nextMilestone(told.at(-1) ?? null, seconds);
    if (next) told.push(next);
  }
  return told;
}

test('a long wait is announced at its start, ten seconds before its end and at its end', () => {
  expect(heard(27)).toEqual(['start', 'ten-seconds', 'over']);
});

test('a deadline that has passed already is not announced', () => {
  expect(heard(0)).toEqual([]);
});

test('a second wait after the first is announced anew', () => {
  expect(nextMilestone('over', 30)).toBe('start');
});

test('seconds are rounded up and never negative', () => {
  expect(secondsLeft(10_001, 10_000)).toBe(1);
  expect(secondsLeft(12_000, 10_000)).toBe(2);
  expect(secondsLeft(9_000, 10_000)).toBe(0);
});
