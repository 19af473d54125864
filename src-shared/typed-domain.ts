import { domainName } from './primitives.ts';

/**
 * A domain as people type it: capitals, and the root's dot at its end, are taken away. The last part of one is never a
 * number (RFC 1123 §2.1), so that an address in the wrong place is refused. Null for what is no domain.
 */
export function typedDomain(text: string): string | null {
  const name = text.trim().toLowerCase().replace(/\.$/, '');
  return domainName.safeParse(name).success && !/(^|\.)\d+$/.test(name) ? name : null;
}
