import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';

/** What a client trusts when it talks to a server: one context for every connection, since building one costs 20 ms. */
export interface TlsTrust {
  secureContext: SecureContext;
}

/**
 * Node's own certificate authorities and, besides them, those of `caPem` or, without it, of the operating system.
 * Throws when `caPem` holds no certificate.
 */
export function createTlsTrust(caPem: string | null): TlsTrust {
  const others = caPem === null ? getCACertificates('system') : [caPem];
  const ca = [...getCACertificates('default'), ...others];
  return { secureContext: createSecureContext({ ca, minVersion: 'TLSv1.2' }) };
}
