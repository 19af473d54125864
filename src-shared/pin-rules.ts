import { asciiDigits, withoutUnseen } from './typed-text.ts';

/** Here and not beside the schemas: the page imports these rules, and carries no schema library. */
export const PIN_MIN_LENGTH = 6;
export const PIN_MAX_LENGTH = 64;

export type PinWeakness = 'too-short' | 'too-long' | 'one-character' | 'sequence' | 'common' | 'year';

const COMMON = new Set([
  '123123',
  '112233',
  '121212',
  '101010',
  '159753',
  '147258',
  '246810',
  '696969',
  'password',
  'qwerty',
  'qwertz',
  'asdfgh',
  'abc123',
  'passwort',
]);

/**
 * A PIN as it is meant, however a keyboard or a clipboard wrote it: NFKC, digits of any script as ASCII, without marks
 * that are not seen and blanks around it. This is what is hashed.
 */
export function pinText(typed: string): string {
  return asciiDigits(withoutUnseen(typed)).trim();
}

/** Why a new PIN is refused; null when it may be used. Letters are allowed (NIST SP 800-63B §5.1.1.2, unlock.md). */
export function pinWeakness(pin: string): PinWeakness | null {
  const text = pinText(pin).toLowerCase();
  const characters = [...text];
  if (characters.length < PIN_MIN_LENGTH) return 'too-short';
  if (text.length > PIN_MAX_LENGTH) return 'too-long';
  if (new Set(characters).size === 1) return 'one-character';
  if (isSequence(characters)) return 'sequence';
  if (COMMON.has(text)) return 'common';
  if (isBirthday(text)) return 'year';
  return null;
}

/** Each character follows the one before by the same step of one, round the corner of 9 and 0 too. */
function isSequence(characters: readonly string[]): boolean {
  const codes = characters.map((character) => character.codePointAt(0) ?? 0);
  return [1, -1].some((step) =>
    codes.every((code, index) => {
      const before = codes[index - 1];
      if (before === undefined || code - before === step) return true;
      return step === 1 ? before === 0x39 && code === 0x30 : before === 0x30 && code === 0x39;
    }),
  );
}

/** Digits that read as a day of somebody's life: DDMMYY, MMDDYY, YYMMDD, DDMMYYYY, YYYYMMDD, or years in a row. */
function isBirthday(text: string): boolean {
  if (!/^\d+$/.test(text)) return false;
  if (text.length === 8 && /^((19|20)\d\d){2}$/.test(text)) return true;
  const dates = [
    /^(0[1-9]|[12]\d|3[01])(0[1-9]|1[0-2])(19|20)\d\d$/,
    /^(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(19|20)\d\d$/,
    /^(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/,
    /^(19|20)\d\d(0[1-9]|1[0-2])$/,
    /^(0[1-9]|1[0-2])(19|20)\d\d$/,
  ];
  return dates.some((date) => date.test(text));
}
