import { createPublicKey } from 'node:crypto';
import { SignJWT } from 'jose';
import { LEASE_TYPE, type LeaseClaims } from '../../../src-shared/lease.ts';
import type { ServerKeys } from '../../keys/server-keys.ts';

/**
 * Signs a lease: compact JWS, EdDSA. The protected header carries the public key (`jwk`), so that a helper that does
 * not trust it yet can name it to the administrator; the helper verifies against its own list, never against this.
 */
export function signLease(keys: ServerKeys, claims: LeaseClaims): Promise<string> {
  const { x } = createPublicKey(keys.leaseKey).export({ format: 'jwk' });
  return new SignJWT({ ...claims })
    .setProtectedHeader({
      alg: 'EdDSA',
      typ: LEASE_TYPE,
      kid: keys.leaseKeyId,
      jwk: { kty: 'OKP', crv: 'Ed25519', ...(x ? { x } : {}) },
    })
    .sign(keys.leaseKey);
}
