import { sign } from 'node:crypto';
import type { ServerKeys } from './server-keys.ts';

/**
 * Compact JWS (RFC 7515 §7.1), EdDSA, by the key that signs leases; `typ` tells apart what it signs (RFC 8725 §3.11).
 * The protected header carries the public key (`jwk`), so that a helper that does not trust it yet can name it to the
 * administrator; the helper verifies against its own list, never against this.
 *
 * Signed on the spot, in some 50 µs: guards are signed inside transactions, and none may wait for libuv's pool.
 */
export function signToken(keys: ServerKeys, typ: string, claims: object): string {
  const header = {
    alg: 'EdDSA',
    typ,
    kid: keys.leaseKeyId,
    jwk: { kty: 'OKP', crv: 'Ed25519', x: keys.serverKey.publicKey },
  };
  const input = `${encoded(header)}.${encoded(claims)}`;
  return `${input}.${sign(null, Buffer.from(input), keys.leaseKey).toString('base64url')}`;
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
