import { expect, test } from 'vitest';
import { passOver } from './stable-pages.ts';

/** A list that ends with row 0, read downwards. */
const lastOf = async (from: number, rows: number) => (from - rows < 0 ? undefined : from - rows);

test.each([0, 1, 1_999, 2_000, 2_001, 6_500])('passes over %s rows, and no more', async (count) => {
  expect(await passOver(7_000, count, lastOf)).toBe(7_000 - count);
});

test('there is no place behind more rows than there are', async () => {
  expect(await passOver(7_000, 7_001, lastOf)).toBeNull();
});

test('a long way is gone in parts, between which everybody else has their turn', async () => {
  const order: string[] = [];
  const way = passOver(7_000, 4_500, async (from, rows) => {
    order.push(`${rows} rows`);
    setImmediate(() => order.push('others'));
    return lastOf(from, rows);
  });
  await way;
  expect(order).toEqual(['2000 rows', 'others', '2000 rows', 'others', '500 rows', 'others']);
});
