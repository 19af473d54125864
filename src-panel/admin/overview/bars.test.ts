import { expect, test } from 'vitest';
import { barsPath, CHART_HEIGHT, ticks } from './bars.ts';

const heights = (path: string) => [...path.matchAll(/v-([\d.]+)/g)].map(([, height]) => Number(height));

test('the highest bar fills the drawing, and the others stand in proportion', () => {
  expect(heights(barsPath([5, 10, 0, 20]))).toEqual([10, 20, CHART_HEIGHT]);
});

test('one among thousands can still be seen', () => {
  expect(heights(barsPath([1, 5000]))[0]).toBeGreaterThanOrEqual(1);
});

test('nothing happened: nothing is drawn', () => {
  expect(barsPath([0, 0, 0])).toBe('');
  expect(barsPath([])).toBe('');
});

test('times are written at both ends and in between', () => {
  expect(ticks(24)).toEqual([0, 11, 23]);
  expect(ticks(2)).toEqual([0, 1]);
  expect(ticks(0)).toEqual([]);
});
