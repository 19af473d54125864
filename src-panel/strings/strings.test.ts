import { expect, test } from 'vitest';
import { leaves } from '../../src-ui/strings/leaves.ts';
import { de } from './de.ts';
import { en } from './en.ts';

/** What is the same word in both languages, or no word at all. */
const same = new Set([
  '.brand',
  '.common.none',
  '.nav.team',
  '.activity.outcomes.ok',
  '.activity.who.you',
  '.activity.who.unknown',
  '.appearance.languages.en',
  '.appearance.languages.de',
]);

test('every sentence is translated', () => {
  const german = new Map(leaves(de));
  const untranslated = leaves(en).filter(([at, text]) => german.get(at) === text && !same.has(at));
  expect(untranslated.map(([at]) => at)).toEqual([]);
  expect([...german.keys()]).toEqual(leaves(en).map(([at]) => at));
});

test('counts read well when there is one, many or none', () => {
  expect(en.security.backupLeft(1)).toBe('1 code left');
  expect(en.security.backupFew(1)).toContain('Only 1 backup code is left.');
  expect(en.security.backupFew(0)).toContain('no backup code left');
  expect(de.security.backupFew(3)).toContain('Nur noch 3 Ersatzcodes sind übrig.');
});
