import { expect, test } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

const passed = (bucket: TokenBucket, wanted: number, now: number): number =>
  Array.from({ length: wanted }, () => bucket.take(now)).filter(Boolean).length;

test('a burst passes, then so many a second', () => {
  const bucket = new TokenBucket({ perSecond: 10, burst: 30, now: 0 });
  expect(passed(bucket, 100, 0)).toBe(30);
  expect(passed(bucket, 100, 1_000)).toBe(10);
  expect(passed(bucket, 100, 60_000)).toBe(30);
});

test('a clock that is set back stops nobody for good', () => {
  const bucket = new TokenBucket({ perSecond: 10, burst: 1, now: 100_000 });
  expect(passed(bucket, 2, 0)).toBe(1);
  expect(passed(bucket, 2, 100)).toBe(1);
});
