import { describe, expect, test } from 'vitest';
import { deviceName, personName, properName } from './typed-name.ts';

const family = '👨‍👩‍👧‍👦';

describe('a name', () => {
  test.each([
    ['composed', 'J\u00fcrgen', 'J\u00fcrgen'],
    ['decomposed, as macOS types it', 'Ju\u0308rgen', 'J\u00fcrgen'],
    ['with blanks around', '  Ada  ', 'Ada'],
    ['with no-break spaces', 'Ada\u00a0\u00a0Lovelace', 'Ada Lovelace'],
    ['with marks of the writing direction', '\u200fعبد الله\u200e', 'عبد الله'],
    ['that turns what follows', 'exe.\u202egnp', 'exe.gnp'],
    ['with a zero-width space', 'Ada\u200b', 'Ada'],
    ['of emoji', `Team ${family}`, `Team ${family}`],
    ['of a flag and a skin colour', '🇩🇪👍🏽', '🇩🇪👍🏽'],
    ['with a joiner that its script needs', 'می\u200cخواهم', 'می\u200cخواهم'],
    ['with a ligature that is meant', 'ﬁ', 'ﬁ'],
    ['of another script', '東京', '東京'],
    ['with & < >', 'R&D <Berlin>', 'R&D <Berlin>'],
    ['of 64 family emoji', family.repeat(64), family.repeat(64)],
    ['of 64 decomposed letters', 'u\u0308'.repeat(64), '\u00fc'.repeat(64)],
  ])('%s', (_, typed, meant) => expect(properName.parse(typed)).toBe(meant));

  test.each([
    ['nothing', ''],
    ['blanks', ' \u00a0 '],
    ['what is not seen', '\u200b\u200d\u3164\u2800'],
    ['what no character is', '\ud7fc\ue000'],
    ['a line break', 'a\nb'],
    ['a line separator', 'a\u2028b'],
    ['what a terminal obeys', 'a\u001b[2Jb'],
    ['a null', 'a\u0000'],
    ['one character too many', 'a'.repeat(65)],
    ['one emoji too many', family.repeat(65)],
    ['a letter under a hundred thousand accents', `a${'\u0301'.repeat(100_000)}`],
    ['a letter under a thousand accents', `a${'\u0301'.repeat(1000)}`],
  ])('%s is refused, with a sentence', (_, typed) => {
    const parsed = properName.safeParse(typed);
    expect(parsed.error?.issues[0]?.message).toMatch(/^expected (1 to 64 characters|no control characters)$/);
  });

  test('a person’s may be longer', () => {
    expect(personName.parse('ü'.repeat(100))).toHaveLength(100);
    expect(personName.safeParse('ü'.repeat(101)).success).toBe(false);
  });
});

test.each([
  ['laptop', 'laptop'],
  ['Adas\u2019s\u00a0MacBook\n', 'Adas\u2019s MacBook'],
  ['a\u001b[2Jb\tc', 'a [2Jb c'],
  ['', 'device'],
  ['\u200b', 'device'],
  ['é'.repeat(300), 'é'.repeat(100)],
])('a computer that calls itself %j is not kept out by it', (typed, taken) =>
  expect(deviceName.parse(typed)).toBe(taken),
);
