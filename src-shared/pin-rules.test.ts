import { describe, expect, test } from 'vitest';
import { pinText, pinWeakness } from './pin-rules.ts';

describe('a PIN is the same PIN', () => {
  test.each([
    ['full-width', '７３９１５５', '739155'],
    ['Arabic-Indic', '٧٣٩١٥٥', '739155'],
    ['Devanagari', '७३९१५५', '739155'],
    ['with a line break at its end, from a password manager', '739155\r\n', '739155'],
    ['with marks of the writing direction', '\u200f739155\u200e', '739155'],
    ['with a zero-width space', '739\u200b155', '739155'],
    ['with a soft hyphen', '739\u00ad155', '739155'],
    ['composed', 'gr\u00fcn-haus', 'gr\u00fcn-haus'],
    ['decomposed', 'gru\u0308n-haus', 'gr\u00fcn-haus'],
    ['with a no-break space inside', 'gr\u00fcn\u00a0haus', 'gr\u00fcn haus'],
  ])('%s', (_, typed, meant) => expect(pinText(typed)).toBe(meant));

  test('but case, blanks inside and accents are its own', () => {
    expect(new Set(['Haus 42', 'haus 42', 'haus42', 'häus42'].map(pinText)).size).toBe(4);
  });
});

test.each([
  ['٧٣٩١', 'too-short'],
  ['\u200b\u200b739155', null],
  ['1\u200b2\u200b3\u200b', 'too-short'],
  ['٧٧٧٧٧٧', 'one-character'],
  ['१२३४५६', 'sequence'],
  ['１２１２１２', 'common'],
  ['٢٤١٢١٩٨٥', 'year'],
  ['७३९१५५', null],
  ['🐎🔋📎🦆🎈🧲', null],
  ['x'.repeat(65), 'too-long'],
])('%j is judged as what it means: %s', (pin, weakness) => expect(pinWeakness(pin)).toBe(weakness));
