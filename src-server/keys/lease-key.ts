import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { readSecret, type SecretPlace } from '../../src-node/secret-file.ts';
import { leaseKey } from '../../src-shared/lease-key.ts';

export const LEASE_KEY_FILE = 'lease-key.pem';

/** Of `keysDir`: the key that takes the place of `LEASE_KEY_FILE` when its rotation is finished. */
export function nextLeaseKeyFile(keysDir: string): string {
  return join(keysDir, `${LEASE_KEY_FILE}.next`);
}

/** The public halves of keys from before rotations are kept under this, with the time: what they signed can be checked. */
export const PAST_LEASE_KEY = 'lease-key.pub';

/** A new private key as its file holds it: PKCS#8, PEM. */
export function newLeaseKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

const ed25519Jwk = z.object({ x: leaseKey });

/** The 32 bytes of the public key, base64url (RFC 8037 §2); null for a key of another kind. */
export function publicKeyOf(key: KeyObject): string | null {
  if (key.asymmetricKeyType !== 'ed25519') return null;
  const half = key.type === 'private' ? createPublicKey(key) : key;
  return ed25519Jwk.safeParse(half.export({ format: 'jwk' })).data?.x ?? null;
}

export function publicKeyObject(publicKey: string): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' });
}

/** RFC 7638 thumbprint, base64url: the `kid` of what the key signs. */
export function leaseKeyIdOf(publicKey: string): string {
  const members = JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x: publicKey });
  return createHash('sha256').update(members).digest('base64url');
}

export type LeaseKeyRead = { ok: true; key: KeyObject; publicKey: string } | { ok: false; mistake: string };

/** A file that holds a private lease key; what is wrong with it is told with the file. */
export function readLeaseKeyFile(file: string, place: SecretPlace): LeaseKeyRead {
  const read = readSecret(file, place);
  if (!read.ok) return { ok: false, mistake: read.mistake };
  try {
    const key = createPrivateKey(read.text);
    const publicKey = publicKeyOf(key);
    if (publicKey !== null) return { ok: true, key, publicKey };
  } catch (error) {
    // The only way in which node:crypto says that a text is no key.
    if (!(error instanceof Error)) throw error;
  }
  return { ok: false, mistake: `${file}: expected an Ed25519 private key in PEM (PKCS#8)` };
}

/** Of a file that this program made itself; null where it is not there or holds no key. */
export function publicKeyIn(file: string): string | null {
  if (!existsSync(file)) return null;
  try {
    return publicKeyOf(createPublicKey(readFileSync(file, 'utf8')));
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_')) return null;
    throw error;
  }
}

/** The public keys that rotations have kept of before. */
export function pastLeaseKeys(keysDir: string): string[] {
  return pastLeaseKeyFiles(keysDir).flatMap((file) => publicKeyIn(file) ?? []);
}

/** Their files. */
export function pastLeaseKeyFiles(keysDir: string): string[] {
  if (!existsSync(keysDir)) return [];
  const names = readdirSync(keysDir);
  return names
    .filter((name) => name.startsWith(`${PAST_LEASE_KEY}.before-rotation-`))
    .map((name) => join(keysDir, name));
}

/**
 * What the costs of unknown accounts are drawn with: of the server's own secret, so that nobody else can make the draws.
 * The database keeps it when the lease key changes; draws that changed with it would tell who is a member.
 */
export function costDrawKeyOf(key: KeyObject): Uint8Array {
  const secret = key.export({ type: 'pkcs8', format: 'der' });
  return new Uint8Array(hkdfSync('sha256', secret, '', 'postern cost of unknown accounts', 32));
}
