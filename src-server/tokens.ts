import { createHash, randomBytes } from 'node:crypto';
import { v7 } from 'uuid';

/** 256 random bits, base64url (43 characters). */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/** How a token lies in the database: SHA-256 in hex. Enough without salt, since tokens have 256 random bits. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** UUIDv7 (RFC 9562 §5.7) of the moment `now`, milliseconds since 1970. */
export function newId(now: number): string {
  return v7({ msecs: now });
}

/** The token of an `Authorization: Bearer …` header (RFC 6750 §2.1); null when there is none. */
export function bearerToken(header: string | undefined): string | null {
  return /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(header ?? '')?.[1] ?? null;
}
