import * as z from 'zod';
import { normalizeBackupCode } from './otp-input.ts';
import { asciiDigits } from './typed-text.ts';

/** From the authenticator app, or one of the codes that are kept for when it is not at hand. */
export const codeMethod = z.enum(['totp', 'backup-code']);
export type CodeMethod = z.infer<typeof codeMethod>;

/** Which way the clock of the phone is off, by some minutes, as a code that was refused tells. */
export const clockDrift = z.enum(['ahead', 'behind']);
export type ClockDrift = z.infer<typeof clockDrift>;

/**
 * A one-time password on the wire. Digits of any script are ASCII's, and what is neither letter nor digit (blanks,
 * dashes, quotes, marks that are not seen) is dropped; anything but exactly six digits is refused as `invalid-request`
 * before an attempt is charged. Fields where people type read more: `normalizeOtpInput`.
 */
export const totpCode = z
  .string()
  .max(256)
  .transform((value) => asciiDigits(value).replace(/[^\p{L}\p{N}]/gu, ''))
  .pipe(z.string().regex(/^[0-9]{6}$/, 'expected six digits'));

/** A backup code on the wire: 10 to 32 letters and digits once all else is gone. */
export const backupCode = z
  .string()
  .max(256)
  .transform(normalizeBackupCode)
  .pipe(z.string().regex(/^[A-Z0-9]{10,32}$/, 'expected a backup code'));
