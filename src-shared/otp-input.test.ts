import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { backupCode, totpCode } from './otp-code.ts';
import { isSetUpLink, normalizeBackupCode, normalizeOtpInput } from './otp-input.ts';

/** What is typed or pasted → the code that is meant. */
describe('a one-time password', () => {
  test.each([
    ['as it is', '012345', '012345'],
    ['in halves', '012 345', '012345'],
    ['with a no-break space, from a web page', '012\u00a0345', '012345'],
    ['with a narrow no-break space, from Word', '012\u202f345', '012345'],
    ['with a figure space', '012\u2007345', '012345'],
    ['with an ideographic space', '012\u3000345', '012345'],
    ['with zero-width spaces, from a chat', '\u200b012\u200b345\u200b', '012345'],
    ['with soft hyphens, from a PDF', '01\u00ad2345', '012345'],
    ['between marks of the writing direction', '\u200f012345\u200e', '012345'],
    ['isolated, from a right-to-left text', '\u2066012345\u2069', '012345'],
    ['after a byte order mark', '\ufeff012345', '012345'],
    ['with a word joiner', '012\u2060345', '012345'],
    ['with a hyphen', '012-345', '012345'],
    ['with a non-breaking hyphen', '012\u2011345', '012345'],
    ['with an en dash, as Word corrects it', '012–345', '012345'],
    ['with a minus sign', '012\u2212345', '012345'],
    ['as a spreadsheet writes numbers', '012,345', '012345'],
    ['the same in German', '012.345', '012345'],
    ['in quotes', '"012345"', '012345'],
    ['in German quotes', '„012345“', '012345'],
    ['in French quotes', '« 012 345 »', '012345'],
    ['with a line break at its end', '012345\r\n', '012345'],
    ['broken in two lines', '012\n345', '012345'],
    ['with a tab', '\t012345\t', '012345'],
    ['one by one', '0 1 2 3 4 5', '012345'],
    ['after its name', 'Code: 012 345', '012345'],
    ['in a sentence', 'Your code: 012345.', '012345'],
    ['in a sentence with other numbers', 'Code 2 of 3: 012 345 (good for 30 s)', '012345'],
    ['said twice', '012345, again: 012 345', '012345'],
    ['full-width', '０１２３４５', '012345'],
    ['Arabic-Indic', '٠١٢٣٤٥', '012345'],
    ['Persian', '۰۱۲ ۳۴۵', '012345'],
    ['Devanagari', '०१२३४५', '012345'],
    ['Bengali', '০১২৩৪৫', '012345'],
    ['Thai', '๐๑๒๓๔๕', '012345'],
    ['Tibetan', '༠༡༢༣༤༥', '012345'],
    ['Khmer', '០១២៣៤៥', '012345'],
    ['bold mathematical, from a network', '𝟎𝟏𝟐𝟑𝟒𝟓', '012345'],
    ['Adlam, beyond the first plane', '𞥐𞥑𞥒𞥓𞥔𞥕', '012345'],
    ['keycap emoji', '0️⃣1️⃣2️⃣3️⃣4️⃣5️⃣', '012345'],
    ['circled', '⓪①②③④⑤', '012345'],
  ])('%s', (_, pasted, meant) => {
    expect(normalizeOtpInput(pasted)).toBe(meant);
    expect(normalizeOtpInput(pasted, 256)).toMatch(new RegExp(`^${meant}`));
  });

  test.each([
    ['half', '01234', '01234'],
    ['too much', '0123456', '012345'],
    ['two codes', '012345 678901', '012345'],
    ['words', 'none', ''],
    ['a Chinese numeral, which is no digit', '一二三', ''],
  ])('%s is taken as far as it goes', (_, typed, taken) => expect(normalizeOtpInput(typed)).toBe(taken));

  test.each(['012345', '０１２ ３４５', '\u200f٠١٢٣٤٥', '012\u00ad–345', '"012345"\r\n'])(
    '%j is six digits on the wire',
    (sent) => expect(totpCode.parse(sent)).toBe('012345'),
  );
  test.each(['01234', '0123456', 'Code: 012345', '01234a', '', '０'.repeat(300)])(
    '%j is refused on the wire, and costs no try',
    (sent) => expect(totpCode.safeParse(sent).success).toBe(false),
  );
});

test('every decimal digit of Unicode is read as what it is', () => {
  let tens = 0;
  for (let code = 0; code <= 0x10_ffff; code++) {
    const digit = /^\p{Nd}$/u.test(String.fromCodePoint(code));
    if (!digit) continue;
    // The tens of Unicode begin with their zero.
    expect(normalizeOtpInput(String.fromCodePoint(code))).toBe(String(tens++ % 10));
  }
  expect(tens).toBeGreaterThan(600);
});

test.each([
  ['otpauth://totp/Example:ada?secret=JBSWY3DPEHPK3PXP&digits=6&period=30', true],
  [' OTPAUTH://totp/x?secret=A', true],
  ['\u201eotpauth-migration://offline?data=Cg', true],
  ['012345', false],
  ['The otpauth link', false],
])('%j is what an app is set up with: %s', (pasted, isLink) => expect(isSetUpLink(pasted)).toBe(isLink));

describe('a backup code', () => {
  test.each([
    ['as it is printed', 'ABCD-EFGH-JK01'],
    ['in lower case', 'abcd-efgh-jk01'],
    ['without its hyphens', 'ABCDEFGHJK01'],
    ['with blanks', 'ABCD EFGH JK01'],
    ['with no-break spaces', 'ABCD\u00a0EFGH\u00a0JK01'],
    ['with en dashes, as Word corrects them', 'ABCD–EFGH–JK01'],
    ['with non-breaking hyphens', 'ABCD\u2011EFGH\u2011JK01'],
    ['with minus signs', 'ABCD\u2212EFGH\u2212JK01'],
    ['with soft hyphens, from a PDF', 'ABCD-\u00adEFGH\u00ad-JK01'],
    ['full-width', 'ＡＢＣＤ－ＥＦＧＨ－ＪＫ０１'],
    ['with another script’s digits', 'ABCD-EFGH-JK٠١'],
    ['in quotes', '“ABCD-EFGH-JK01”'],
    ['after its name', 'Backup code: ABCD-EFGH-JK01'],
    ['after its name in other words', 'My backup code ABCD-EFGH-JK01'],
    ['out of the numbered list', '3. ABCD-EFGH-JK01'],
    ['as a list', '- ABCD-EFGH-JK01\n'],
    ['in two lines', 'ABCD-EFGH-\r\nJK01'],
  ])('%s', (_, pasted) => {
    expect(normalizeBackupCode(pasted)).toBe('ABCDEFGHJK01');
    expect(backupCode.parse(pasted)).toBe('ABCDEFGHJK01');
  });

  test('a Turkish keyboard’s i is an I', () => {
    expect(normalizeBackupCode('\u0130\u0131iI')).toBe('IIII');
  });

  test.each(['', 'ABCD', 'ÄBCD-EFGH-JK01', 'ABCD-EFGH-JK01\nBCDE-FGHJ-KMN0\nCDEF-GHJK-MNP0'])(
    '%j is none',
    (pasted) => expect(backupCode.safeParse(pasted).success).toBe(false),
  );
});

test('whatever is pasted, what is left is digits, or refused', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (pasted) => {
      expect(normalizeOtpInput(pasted)).toMatch(/^[0-9]{0,6}$/);
      const code = backupCode.safeParse(pasted);
      if (code.success) expect(code.data).toMatch(/^[A-Z0-9]{10,32}$/);
    }),
  );
});
