import { expect, test } from 'vitest';
import { formatBytes, formatClock, formatWait } from './format.ts';

const style = { now: () => Date.parse('2026-11-21T13:00:00Z'), timeZone: 'Europe/Prague' };

test('times are local, with the day when it is not today', () => {
  expect(formatClock('2026-11-21T12:03:09Z', style)).toBe('13:03');
  expect(formatClock('2026-11-21T12:03:09Z', style, true)).toBe('13:03:09');
  expect(formatClock('2026-11-20T12:03:09Z', style)).toBe('20 Nov 13:03');
  expect(formatClock('nonsense', style)).toBe('?');
});

test('bytes have three digits at most', () => {
  expect([0, 999, 1000, 1234, 9950, 45_000_000, 999_600, 3e15].map(formatBytes)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '1.2 kB',
    '10 kB',
    '45 MB',
    '1.0 MB',
    '3.0 PB',
  ]);
});

test('waits are rounded up, so that nobody is told to try too early', () => {
  expect([0, 1, 11_001, 60_000, 90_000, 3_600_000, 3_720_000].map(formatWait)).toEqual([
    '1 s',
    '1 s',
    '12 s',
    '1 min',
    '1 min 30 s',
    '1 h',
    '1 h 2 min',
  ]);
});
