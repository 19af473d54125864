import { asciiDigits, withoutUnseen } from './typed-text.ts';

/** What lies between the halves of a code, or around it: "123 456", "123-456", "123.456", „123456“. */
const BETWEEN = String.raw`[^\p{L}\p{N}]{0,3}`;
const ONE_CODE = new RegExp(String.raw`(?<![\p{L}\p{N}])\d{3}${BETWEEN}\d{3}(?![\p{L}\p{N}])`, 'gu');

/**
 * What a person typed or pasted → the digits of a one-time password, ASCII whatever their script; everything else is
 * dropped. Where exactly one code of six stands in a text that has other numbers ("2 of 3: 123 456, good for 30 s"),
 * it is that one; else all digits, cut to `length`, so that a paste never loses its start.
 */
export function normalizeOtpInput(input: string, length = 6): string {
  const text = asciiDigits(withoutUnseen(input));
  const codes = new Set([...text.matchAll(ONE_CODE)].map(([code]) => code.replace(/\D/g, '')));
  const [only] = codes;
  return only !== undefined && codes.size === 1 && length >= 6
    ? only
    : text.replace(/\D/g, '').slice(0, length);
}

/** Whether this is what an authenticator app is set up with, pasted where its code belongs: its digits are no code. */
export function isSetUpLink(input: string): boolean {
  return /^\W*otpauth(-migration)?:/i.test(withoutUnseen(input.normalize('NFKC')));
}

/** In a text that says more ("Backup code: …", "3. …"): twelve as they are printed, with any dash. */
const PRINTED_BACKUP_CODE = /(?<![A-Z0-9])[A-Z0-9]{4}\p{Pd}[A-Z0-9]{4}\p{Pd}[A-Z0-9]{4}(?![A-Z0-9])/gu;

/** A backup code as typed or pasted → upper case, ASCII digits, nothing but letters and digits. */
export function normalizeBackupCode(input: string): string {
  const text = asciiDigits(withoutUnseen(input))
    .toUpperCase()
    .replace(/\u2212/g, '-')
    .replace(/\u0130/g, 'I');
  const printed = [...text.matchAll(PRINTED_BACKUP_CODE)].map(([code]) => code);
  const code = printed.length === 1 ? (printed[0] ?? '') : text.replace(/^.*:/s, '');
  return code.replace(/[^\p{L}\p{N}]/gu, '');
}
