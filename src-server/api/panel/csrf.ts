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
 * The origin of the other site that a browser says has sent this; null when it was our page, or no browser. Covers what
 * has no session yet (signing somebody in to an account that is not theirs). Our page is at the issuer, whatever a proxy
 * makes of `Host`. `issuer`: only scheme, host and port.
 */
export function foreignOrigin(request: Pick<FastifyRequest, 'headers'>, issuer: string): string | null {
  const { origin, 'sec-fetch-site': site } = request.headers;
  if (origin !== undefined && origin !== issuer) return origin;
  return site === undefined || site === 'same-origin' || site === 'none' ? null : `(${site})`;
}
