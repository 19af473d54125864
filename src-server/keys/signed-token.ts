import { SignJWT } from 'jose';
import type { ServerKeys } from './server-keys.ts';

/**
 * Compact JWS, EdDSA, by the key that signs leases; `typ` tells apart what it signs (RFC 8725 §3.11). The protected
 * header carries the public key (`jwk`), so that a helper that does not trust it yet can name it to the administrator;
 * the helper verifies against its own list, never against this.
 */
export function signToken(keys: ServerKeys, typ: string, claims: object): Promise<string> {
  return new SignJWT({ ...claims })
    .setProtectedHeader({
      alg: 'EdDSA',
      typ,
      kid: keys.leaseKeyId,
      jwk: { kty: 'OKP', crv: 'Ed25519', x: keys.serverKey.publicKey },
    })
    .sign(keys.leaseKey);
}
