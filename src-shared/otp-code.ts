import * as z from 'zod';

/**
 * What a person typed or pasted → the digits of a one-time password: full-width digits become ASCII, everything
 * else is dropped ("123 456", "Your code: 123456"). Cut to `length` digits, so that a paste never loses its start.
 */
export function normalizeOtpInput(input: string, length = 6): string {
  return input.normalize('NFKC').replace(/\D/g, '').slice(0, length);
}

/** A backup code as typed → upper case without spaces and hyphens. */
export function normalizeBackupCode(input: string): string {
  return input.normalize('NFKC').toUpperCase().replace(/[\s-]/g, '');
}

/**
 * A one-time password on the wire. Full-width digits and spaces are normalised; anything but exactly six digits
 * is refused as `invalid-request` before an attempt is charged.
 */
export const totpCode = z
  .string()
  .max(64)
  .transform((value) => value.normalize('NFKC').replace(/[\s-]/g, ''))
  .pipe(z.string().regex(/^[0-9]{6}$/, 'expected six digits'));

/** A backup code on the wire: 10 to 32 letters and digits once spaces and hyphens are gone. */
export const backupCode = z
  .string()
  .max(64)
  .transform(normalizeBackupCode)
  .pipe(z.string().regex(/^[A-Z0-9]{10,32}$/, 'expected a backup code'));
