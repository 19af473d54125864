import { expect, it } from 'vitest';
import { Samples, summary } from './stats.ts';

it('takes the middle, the nearest-rank 95th percentile and the ends', () => {
  expect(summary([3, 1, 2])).toEqual({ n: 3, min: 1, median: 2, p95: 3, max: 3 });
  expect(summary([4, 1, 2, 3])).toMatchObject({ median: 2.5 });
  expect(summary(Array.from({ length: 100 }, (_, index) => index + 1))).toMatchObject({ p95: 95 });
});

it('keeps samples of one metric apart by variant', () => {
  const samples = new Samples();
  samples.add('a', 'm', 1);
  samples.add('b', 'm', 2);
  samples.add('a', 'm', 3);
  expect(samples.rows().map(({ variant, n }) => [variant, n])).toEqual([
    ['a', 2],
    ['b', 1],
  ]);
});
