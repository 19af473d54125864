import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import { compactVerify, errors } from 'jose';
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

/**
 * The claims of a token that this key has signed with this `typ`; null when another key did, or when it was changed.
 * What they hold is for the caller to parse.
 */
export function readToken(keys: ServerKeys, typ: string, token: string): Promise<unknown> {
  return readTokenOf(createPublicKey(keys.leaseKey), typ, token);
}

/** The same of another public key. */
export async function readTokenOf(key: KeyObject, typ: string, token: string): Promise<unknown> {
  try {
    const { payload, protectedHeader } = await compactVerify(token, key, {
      algorithms: ['EdDSA', 'Ed25519'],
    });
    return protectedHeader.typ === typ ? JSON.parse(Buffer.from(payload).toString('utf8')) : null;
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof SyntaxError) return null;
    throw error;
  }
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
