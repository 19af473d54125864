import { expect, test } from 'vitest';
import { nextMilestone, secondsLeft, type Told } from './countdown.ts';

function heard(fromSeconds: number, step = 1): Told['milestone'][] {
  const told: Told[] = [];
  for (let seconds = fromSeconds; ; seconds = Math.max(0, seconds - step)) {
    const milestone = nextMilestone(told.at(-1) ?? null, seconds);
    if (milestone) told.push({ milestone, seconds });
    if (seconds === 0) return told.map((each) => each.milestone);
  }
}

test('a long wait is announced at its start, ten seconds before its end and at its end', () => {
  expect(heard(27)).toEqual(['start', 'ten-seconds', 'over']);
});

test('a short wait has only a start and an end', () => {
  expect(heard(3)).toEqual(['start', 'over']);
  expect(heard(10)).toEqual(['start', 'over']);
});

test('a window that slept through the tenth second does not speak of ten seconds', () => {
  expect(heard(27, 20)).toEqual(['start', 'over']);
});

test('a deadline that has passed already is not announced', () => {
  expect(heard(0)).toEqual([]);
});

test('a second wait after the first is announced anew', () => {
  expect(nextMilestone({ milestone: 'over', seconds: 0 }, 30)).toBe('start');
});

test('seconds are rounded up and never negative', () => {
  expect(secondsLeft(10_001, 10_000)).toBe(1);
  expect(secondsLeft(12_000, 10_000)).toBe(2);
  expect(secondsLeft(9_000, 10_000)).toBe(0);
});
