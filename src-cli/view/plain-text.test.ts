import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_PLAIN_LENGTH, plainText, withoutFullStop } from './plain-text.ts';

const hostile = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      '\u001b',
      '\u009b',
      '\u0007',
      '\r',
      '\n',
      '[',
      ']',
      '8;;',
      '2J',
      '\u202e',
      '\u2066',
      '\u200b',
    ),
    fc.constantFrom(
      '\u001b[2K',
      '\u001b]0;evil\u0007',
      '\ud800',
      '\ue000',
      '\u2028',
      '\u00ad',
      'é',
      '日',
      '😀',
      'a',
    ),
    fc.string({ unit: 'binary', maxLength: 3 }),
  ),
  maxLength: 400,
});

test('no control, format, private or lone surrogate character survives, whatever a server sends', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const plain = plainText(text);
      expect(plain).not.toMatch(/[\p{Cc}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}]/u);
      expect(plain.replace(/[\u200c\u200d]/g, '')).not.toMatch(/\p{Cf}/u);
      expect(plain.isWellFormed()).toBe(true);
      expect(plain.length).toBeLessThanOrEqual(MAX_PLAIN_LENGTH);
    }),
    { numRuns: 500 },
  );
});

test('plain text stays plain, also a second time', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      expect(plainText(plainText(text))).toBe(plainText(text));
    }),
    { numRuns: 300 },
  );
});

test('words in any script stay as they are', () => {
  expect(plainText('Anmeldung aus Österreich, نمی‌خواهم, 日本')).toBe(
    'Anmeldung aus Österreich, نمی‌خواهم, 日本',
  );
  expect(plainText('two\nlines\tand  gaps')).toBe('two lines and gaps');
  expect(plainText('\u001b[31mred\u001b[0m \u001b]8;;https://evil\u0007link\u001b]8;;\u0007')).toBe(
    'red link',
  );
});

test('a sentence loses only its full stop', () => {
  expect(withoutFullStop('Sign-in from 10.0.0.1. ')).toBe('Sign-in from 10.0.0.1');
});
