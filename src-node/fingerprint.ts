import { createHash } from 'node:crypto';

/** SHA-256 of a server's raw 32-byte key (base64url) in groups of four hex digits, for people to compare. */
export function fingerprint(publicKey: string): string {
  const hex = createHash('sha256').update(Buffer.from(publicKey, 'base64url')).digest('hex');
  return hex.replaceAll(/(.{4})(?!$)/g, '$1 ');
}
