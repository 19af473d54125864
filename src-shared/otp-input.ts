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
