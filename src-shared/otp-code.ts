import * as z from 'zod';
import { normalizeBackupCode } from './otp-input.ts';

/** From the authenticator app, or one of the codes that are kept for when it is not at hand. */
export const codeMethod = z.enum(['totp', 'backup-code']);
export type CodeMethod = z.infer<typeof codeMethod>;

/** Which way the clock of the phone is off, by some minutes, as a code that was refused tells. */
export const clockDrift = z.enum(['ahead', 'behind']);
export type ClockDrift = z.infer<typeof clockDrift>;

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
