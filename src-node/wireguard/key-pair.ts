import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';

/** X25519 keys as WireGuard uses them: 32 bytes each, base64url without padding. */
export interface WgKeyPair {
  privateKey: string;
  publicKey: string;
}

/** PKCS #8 of an X25519 private key is this prefix and the 32 bytes (RFC 8410 §7). */
const PKCS8_X25519_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex');

export function generateWgKeyPair(): WgKeyPair {
  const { privateKey } = generateKeyPairSync('x25519');
  const der = privateKey.export({ format: 'der', type: 'pkcs8' });
  const raw = der.subarray(PKCS8_X25519_PREFIX.length).toString('base64url');
  return { privateKey: raw, publicKey: wgPublicKeyOf(raw) };
}

/** The public key that belongs to a private key; throws when it is not 32 bytes of base64url. */
export function wgPublicKeyOf(privateKey: string): string {
  const raw = Buffer.from(privateKey, 'base64url');
  if (raw.length !== 32) throw new Error('a WireGuard private key has 32 bytes');
  const key = createPrivateKey({
    key: Buffer.concat([PKCS8_X25519_PREFIX, raw]),
    format: 'der',
    type: 'pkcs8',
  });
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return spki.subarray(spki.length - 32).toString('base64url');
}
