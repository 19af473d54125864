import { expect, test } from 'vitest';
import { areEither, areNetworks, partsOf, wholeNumber } from './lists.ts';

test('a list is read whatever it is separated with', () => {
  expect(partsOf(' 10.0.0.0/8, 192.0.2.1;\n2001:db8::/32 ')).toEqual([
    '10.0.0.0/8',
    '192.0.2.1',
    '2001:db8::/32',
  ]);
  expect(partsOf('  ')).toEqual([]);
});

test('networks and addresses are told apart', () => {
  expect(areNetworks(['10.0.0.0/8', '2001:db8::/32'])).toBe(true);
  expect(areNetworks(['10.0.0.1'])).toBe(false);
  expect(areEither(['10.0.0.1', '10.0.0.0/8'])).toBe(true);
  expect(areEither(['10.0.0.300'])).toBe(false);
});

test('a whole number is one from the range, and nothing that only looks like one', () => {
  expect(wholeNumber(' 12 ', 0, 20)).toBe(12);
  for (const text of ['', '-1', '1.5', '1e3', '21', '٣', '0x5']) expect(wholeNumber(text, 0, 20)).toBe(null);
});
