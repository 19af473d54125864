import { expect, test } from 'vitest';
import { bytesText, rateText } from './bytes.ts';
import { timeText } from './date-time.ts';
import { clockText, roughDuration } from './duration.ts';

test('waits read like a clock', () => {
  expect([0, 27, 65, 3600, 11_049].map(clockText)).toEqual(['0:00', '0:27', '1:05', '1:00:00', '3:04:09']);
});

test('durations are one rounded unit in the language of the user', () => {
  expect(roughDuration(23.9 * 3_600_000, 'en')).toBe('23 hours');
  expect(roughDuration(5_000, 'en')).toBe('1 minute');
  expect(roughDuration(3 * 86_400_000, 'de')).toBe('3 Tage');
});

test('bytes never show four digits before a unit', () => {
  expect(bytesText(0, 'en')).toBe('0B');
  expect(bytesText(1536, 'en')).toBe('1.5 kB');
  expect(bytesText(999_600, 'en')).toBe('1 MB');
  expect(bytesText(123_456_789, 'de')).toBe('123 MB');
  expect(rateText(2_500_000, 'de')).toBe('2,5 MB/s');
});

test('a time on another day says the day', () => {
  const now = Date.parse('2026-03-05T12:00:00');
  expect(timeText('2026-03-05T09:05:00', now, 'de')).toMatch(/^0?9:05$/);
  expect(timeText('2026-03-04T09:05:00', now, 'de')).toContain('4. März');
});
