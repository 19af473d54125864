import { existsSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { flush } from '../../src-node/private-file.ts';
import type { ServerConfig } from '../config.ts';
import { ENCRYPTION_KEY_FILE, encryptionKeyIn, nextEncryptionKeyFile } from '../keys/encryption-key.ts';
import { LEASE_KEY_FILE, nextLeaseKeyFile } from '../keys/lease-key.ts';
import { makeSealedBox } from '../keys/sealed-box.ts';
import { ENCRYPTION_KEY_VARIABLE } from '../keys/server-keys.ts';
import { isLeaseKeyHalfRotated } from './lease-key-rotation.ts';
import { openedBy } from './reseal.ts';

type Places = Pick<ServerConfig, 'keysDir' | 'databaseFile'>;
type Env = Record<string, string | undefined>;

/**
 * Whether a rotation of the encryption key ended between its two steps: the database is sealed with the next key
 * already, and the file of the old one still has its place.
 */
export function isHalfRotated({ keysDir, databaseFile }: Places, env: Env): boolean {
  if (env[ENCRYPTION_KEY_VARIABLE] || !existsSync(databaseFile)) return false;
  const next = encryptionKeyIn(nextEncryptionKeyFile(keysDir));
  const sealed = next && knownSeal(databaseFile);
  if (!sealed) return false;
  const present = encryptionKeyIn(join(keysDir, ENCRYPTION_KEY_FILE));
  const isOpenedBy = (key: Uint8Array | null) =>
    key !== null && openedBy(makeSealedBox(key), sealed) !== null;
  return isOpenedBy(next) && !isOpenedBy(present);
}

/** Ends such rotations: the next key takes its place. Answers which ones there were to end. */
export function settleKeys(places: Places, env: Env): ('encryption' | 'lease')[] {
  const [isEncryption, isLease] = [isHalfRotated(places, env), isLeaseKeyHalfRotated(places)];
  if (isEncryption) placeEncryptionKey(places.keysDir);
  if (isLease) placeLeaseKey(places.keysDir);
  return [...(isEncryption ? ['encryption' as const] : []), ...(isLease ? ['lease' as const] : [])];
}

/** Puts the next key into its place, in one step. Whoever did it already meanwhile has done the same. */
export function placeEncryptionKey(keysDir: string): void {
  replace(nextEncryptionKeyFile(keysDir), join(keysDir, ENCRYPTION_KEY_FILE));
}

/** Likewise. */
export function placeLeaseKey(keysDir: string): void {
  replace(nextLeaseKeyFile(keysDir), join(keysDir, LEASE_KEY_FILE));
}

function replace(next: string, present: string): void {
  try {
    renameSync(next, present);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
  flush(dirname(present));
}

/** Null for a database of before 0015, or of nobody yet. */
function knownSeal(databaseFile: string): Uint8Array | null {
  const sqlite = new DatabaseSync(databaseFile, { timeout: 5000 });
  try {
    const table = sqlite.prepare("select 1 from sqlite_schema where name = 'key_check'").get();
    const row = table && sqlite.prepare('select sealed from key_check where id = 1').get();
    return row?.sealed instanceof Uint8Array ? row.sealed : null;
  } finally {
    sqlite.close();
  }
}
