import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { fail, ok, type Result } from '../../src-shared/problem.ts';

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

/** One for each certificate authority, so that what belongs together shares its connections' settings. */
export class TlsTrusts {
  readonly #known = new Map<string | null, TlsTrust>();

  /** `invalid-request` when `caPem` holds nothing; null stands for the system's. */
  of(caPem: string | null): Result<TlsTrust> {
    const known = this.#known.get(caPem);
    if (known) return ok(known);
    try {
      const trust = createTlsTrust(caPem);
      this.#known.set(caPem, trust);
      return ok(trust);
    } catch (error) {
      if (error instanceof Error) return fail('invalid-request', 'The CA file holds no certificate.');
      throw error;
    }
  }
}
