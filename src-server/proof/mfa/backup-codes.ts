import { randomBytes } from 'node:crypto';
import { normalizeBackupCode } from '../../../src-shared/otp-input.ts';

const COUNT = 10;
const LENGTH = 12;
/** Crockford's Base32: no I, L, O, U. Its 32 letters divide a byte's 256 values evenly. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Ten codes of 60 random bits, `XXXX-XXXX-XXXX`. */
export function newBackupCodes(): string[] {
  return Array.from({ length: COUNT }, () => {
    const letters = [...randomBytes(LENGTH)].map((byte) => ALPHABET.charAt(byte % ALPHABET.length)).join('');
    return letters.replace(/(.{4})(?=.)/g, '$1-');
  });
}

/** As typed → as hashed: without spaces and hyphens, and with the letters that are not in the alphabet read as meant. */
export function canonicalBackupCode(input: string): string {
  return normalizeBackupCode(input).replaceAll('O', '0').replace(/[IL]/g, '1');
}
