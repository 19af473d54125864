import { createHmac, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';

/**
 * The CSRF token of a session: a HMAC under its cookie's value, so that only who holds the cookie and can read an
 * answer of this origin knows it. Nothing is stored.
 */
export function csrfTokenOf(sessionToken: string): string {
  return createHmac('sha256', sessionToken).update('postern-panel-csrf').digest('base64url');
}

/** Constant time for what has the right length. */
export function isCsrfTokenOf(sessionToken: string, given: unknown): boolean {
  if (typeof given !== 'string') return false;
  const expected = Buffer.from(csrfTokenOf(sessionToken));
  const actual = Buffer.from(given);
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

const READS = new Set(['GET', 'HEAD', 'OPTIONS']);
export const isRead = (method: string): boolean => READS.has(method);

/**
 * Whether a browser says that another site sent this. Covers what has no session yet (signing somebody in to an account
 * that is not theirs); programs that are no browsers send neither header.
 */
export function isFromElsewhere(request: Pick<FastifyRequest, 'headers' | 'host'>): boolean {
  const { origin, 'sec-fetch-site': site } = request.headers;
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== request.host;
}
