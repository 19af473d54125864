import { expect, test } from 'vitest';
import { graphArea, graphCeiling, graphLine } from './graph-path.ts';

const box = { width: 100, height: 50, capacity: 11 };

test('the newest sample is at the right edge and no sample leaves the box', () => {
  expect(graphLine([0, 500, 2000], 1000, box)).toBe('M80.0 50.0L90.0 25.0L100.0 0.0');
});

test('more samples than fit drop the oldest', () => {
  const line = graphLine(Array<number>(30).fill(1000), 1000, box);
  expect(line.startsWith('M0.0 0.0')).toBe(true);
  expect(line.split('L')).toHaveLength(11);
});

test('the ceiling is a round number above every sample', () => {
  expect(graphCeiling([])).toBe(1000);
  expect(graphCeiling([1200])).toBe(2000);
  expect(graphCeiling([4_000_000])).toBe(5_000_000);
  expect(graphCeiling([10_000_001])).toBe(20_000_000);
});

test('fewer than two samples draw nothing', () => {
  expect(graphLine([5], 1000, box)).toBe('');
  expect(graphArea([], 1000, box)).toBe('');
});
