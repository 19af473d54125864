import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';

/** A password nobody has to remember: 144 random bits. */
export const newPassword = (): string => randomBytes(18).toString('base64url');

/** Writes a file that only its owner can read; it must not be there yet. */
export function writeSecret(file: string, content: string): void {
  writeFileSync(file, content, { mode: 0o600, flag: 'wx' });
}
