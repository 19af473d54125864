import { expect, test } from 'vitest';
import { columnsOf, cutTo, padTo } from './columns.ts';

test.each([
  ['main', 4],
  ['Büro', 4],
  ['Bu\u0308ro', 4],
  ['東京', 4],
  ['👩‍🚀', 2],
  ['🇩🇪', 2],
  ['می\u200cخواهم', 7],
])('%s takes %i columns', (text, columns) => {
  expect(columnsOf(text)).toBe(columns);
  expect(columnsOf(padTo(text, 10))).toBe(10);
  expect(padTo(text, 10, 'start').endsWith(text)).toBe(true);
});

test('what does not fit is cut between characters, never over the edge', () => {
  const text = 'Connected to 東京 👩‍🚀 · 10.7.0.2';
  for (let columns = 1; columns < 40; columns++)
    expect(columnsOf(cutTo(text, columns))).toBeLessThanOrEqual(columns);
  expect(cutTo(text, 15)).toBe('Connected to …');
  expect(cutTo(text, 16)).toBe('Connected to 東…');
  expect(cutTo('main', 4)).toBe('main');
});
