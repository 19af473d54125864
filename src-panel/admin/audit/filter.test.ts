import { expect, test } from 'vitest';
import { filterOf, fromLocal, toLocal } from './filter.ts';

test('the address of the page names the filter, and empty parts of it are left out', () => {
  const query = new URLSearchParams('search=ada&action=&outcome=refused&from=2026-11-21T10:00:00Z&live=1');
  expect(filterOf(query)).toEqual({
    filter: { search: 'ada', outcome: 'refused', from: '2026-11-21T10:00:00.000Z' },
    hasBadTime: false,
  });
});

test('what is not understood is left out, and a time is said to be', () => {
  expect(filterOf(new URLSearchParams('outcome=maybe&to=yesterday'))).toEqual({
    filter: {},
    hasBadTime: true,
  });
});

test('an instant is the same after it was shown in a field', () => {
  const iso = '2026-11-21T10:05:00.000Z';
  expect(fromLocal(toLocal(iso))).toBe(iso);
  expect(toLocal(undefined)).toBe('');
  expect(fromLocal('')).toBe(null);
});
