import { hkdfSync, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSecret, type SecretPlace } from '../../src-node/secret-file.ts';
import { SEALED_BOX_KEY_BYTES } from './sealed-box.ts';

export const ENCRYPTION_KEY_FILE = 'encryption.key';

/** Of `keysDir`: the key that takes the place of `ENCRYPTION_KEY_FILE` once the database is sealed with it. */
export function nextEncryptionKeyFile(keysDir: string): string {
  return join(keysDir, `${ENCRYPTION_KEY_FILE}.next`);
}

/** What `keys rotate encryption` keeps of before begins with this, and ends with the time. */
export const KEPT_ENCRYPTION_KEY = `${ENCRYPTION_KEY_FILE}.before-rotation-`;

/** A new key as its file holds it: 32 bytes, base64url, and the end of the line. */
export function newEncryptionKey(): string {
  return `${randomBytes(SEALED_BOX_KEY_BYTES).toString('base64url')}\n`;
}

/** The 32 bytes of a key; null for a text that is none. */
export function encryptionKeyOf(text: string): Uint8Array | null {
  const key = Buffer.from(text.trim(), 'base64url');
  return key.byteLength === SEALED_BOX_KEY_BYTES ? key : null;
}

/** Tells keys apart and gives nothing of them away (HKDF, RFC 5869): 16 hex digits. */
export function encryptionKeyId(key: Uint8Array): string {
  return Buffer.from(hkdfSync('sha256', key, '', 'postern encryption key id', 8)).toString('hex');
}

export type KeyFileRead = { ok: true; key: Uint8Array } | { ok: false; mistake: string };

/** A file that holds an encryption key; what is wrong with it is told with the file. */
export function readEncryptionKeyFile(file: string, place: SecretPlace): KeyFileRead {
  const read = readSecret(file, place);
  if (!read.ok) return { ok: false, mistake: read.mistake };
  const key = encryptionKeyOf(read.text);
  return key ? { ok: true, key } : { ok: false, mistake: `${file}: expected 32 bytes in base64url` };
}

/** The files that hold keys from before rotations, the newest first. */
export function keptEncryptionKeys(keysDir: string): string[] {
  if (!existsSync(keysDir)) return [];
  const names = readdirSync(keysDir).filter((name) => name.startsWith(KEPT_ENCRYPTION_KEY));
  return names
    .toSorted()
    .reverse()
    .map((name) => join(keysDir, name));
}

/** Of a file that this program made itself; null where it is not there or holds no key. */
export function encryptionKeyIn(file: string): Uint8Array | null {
  return existsSync(file) ? encryptionKeyOf(readFileSync(file, 'utf8')) : null;
}
