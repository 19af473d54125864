import { createPrivateKey, type KeyObject } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { giveToFolderOwner } from '../../src-node/file-owner.ts';
import { type Mistake, mistakeLine } from '../../src-node/mistake.ts';
import { makePrivateFile } from '../../src-node/private-file.ts';
import { readSecret, type SecretPlace } from '../../src-node/secret-file.ts';
import type { ServerKey } from '../../src-shared/server-key.ts';
import { ENCRYPTION_KEY_FILE, encryptionKeyId, newEncryptionKey } from './encryption-key.ts';
import {
  LEASE_KEY_FILE,
  leaseKeyIdOf,
  newLeaseKey,
  nextLeaseKeyFile,
  pastLeaseKeyFiles,
  publicKeyOf,
} from './lease-key.ts';
import { makeSealedBox, SEALED_BOX_KEY_BYTES, type SealedBox } from './sealed-box.ts';

/** Holds the encryption key (32 bytes, base64url) where it shall not lie beside the database. */
export const ENCRYPTION_KEY_VARIABLE = 'POSTERN_ENCRYPTION_KEY';

type Env = Record<string, string | undefined>;

export interface ServerKeys {
  /** Ed25519 private key that signs leases. */
  leaseKey: KeyObject;
  /** RFC 7638 thumbprint, the `kid` of every lease. */
  leaseKeyId: string;
  serverKey: ServerKey;
  sealedBox: SealedBox;
  encryptionKeyId: string;
  /** The file or the variable that holds the encryption key. */
  encryptionKeyPlace: string;
}

/** `mistakes` are the `faults`, a line each. */
export type LoadedKeys =
  | { ok: true; keys: ServerKeys }
  | { ok: false; mistakes: string[]; faults: Mistake[] };

/**
 * Makes the keys that are not there yet (folder 0700, files 0600) and answers the names of the files made. Existing
 * keys are never replaced: leases and sealed secrets depend on them.
 */
export function generateServerKeys(keysDir: string, env: Env): string[] {
  if (mkdirSync(keysDir, { recursive: true, mode: 0o700 }) !== undefined) giveToFolderOwner(keysDir);
  const made: string[] = [];
  const make = (name: string, content: () => string): void => {
    const path = join(keysDir, name);
    if (existsSync(path)) return;
    makePrivateFile(path, content());
    made.push(path);
  };
  make(LEASE_KEY_FILE, newLeaseKey);
  if (!env[ENCRYPTION_KEY_VARIABLE]) make(ENCRYPTION_KEY_FILE, newEncryptionKey);
  return made;
}

/** The files of keys that should be there and are not. */
export function missingKeys(keysDir: string, env: Env): string[] {
  return keyFiles(keysDir, env).filter((path) => !existsSync(path));
}

/** Every file that holds a key: without them what the database holds sealed is lost. */
export function keyFiles(keysDir: string, env: Env): string[] {
  const names = env[ENCRYPTION_KEY_VARIABLE] ? [LEASE_KEY_FILE] : [LEASE_KEY_FILE, ENCRYPTION_KEY_FILE];
  return names.map((name) => join(keysDir, name));
}

/** What a backup of the keys has: these, the next lease key, and what was kept to check by what the ones before it signed. */
export function savedKeyFiles(keysDir: string, env: Env): string[] {
  const more = [nextLeaseKeyFile(keysDir), ...pastLeaseKeyFiles(keysDir)];
  return [...keyFiles(keysDir, env), ...more.filter((path) => existsSync(path))];
}

/** Reads the keys. Refuses files that others may read (`readSecret`), and names every mistake. */
export async function loadServerKeys(
  keysDir: string,
  issuer: string,
  env: Env,
  { areMounted = false }: Pick<SecretPlace, 'areMounted'> = {},
): Promise<LoadedKeys> {
  const place = { env, areMounted };
  const leaseKey = readLeaseKey(join(keysDir, LEASE_KEY_FILE), place);
  const fromEnv = env[ENCRYPTION_KEY_VARIABLE];
  const encryptionKey = readEncryptionKey(join(keysDir, ENCRYPTION_KEY_FILE), fromEnv, place);
  if (!leaseKey.ok || !encryptionKey.ok)
    return unloaded([leaseKey, encryptionKey].flatMap((read) => (read.ok ? [] : [read.fault])));
  const publicKey = publicKeyOf(leaseKey.value);
  if (publicKey === null) return unloaded([lost(`${LEASE_KEY_FILE}: not an Ed25519 key`)]);
  return {
    ok: true,
    keys: {
      leaseKey: leaseKey.value,
      leaseKeyId: leaseKeyIdOf(publicKey),
      serverKey: { issuer, publicKey },
      sealedBox: makeSealedBox(encryptionKey.value),
      encryptionKeyId: encryptionKeyId(encryptionKey.value),
      encryptionKeyPlace: fromEnv ? ENCRYPTION_KEY_VARIABLE : join(keysDir, ENCRYPTION_KEY_FILE),
    },
  };
}

type Read<T> = { ok: true; value: T } | { ok: false; fault: Mistake };
const unloaded = (faults: Mistake[]): LoadedKeys => ({
  ok: false,
  mistakes: faults.map(mistakeLine),
  faults,
});
const PUT_BACK =
  'put it back from your backup, with its own database (docs/operations.md, "Keys that are lost")';
const lost = (detail: string): Mistake => ({ detail, remedy: PUT_BACK });
const mistake = (detail: string): { ok: false; fault: Mistake } => ({ ok: false, fault: lost(detail) });

function readKeyFile(path: string, place: SecretPlace): Read<string> {
  const read = readSecret(path, place);
  if (read.ok) return { ok: true, value: read.text };
  return read.isMissing ? mistake(`${path}: not there`) : { ok: false, fault: read.fault };
}

function readLeaseKey(path: string, place: SecretPlace): Read<KeyObject> {
  const text = readKeyFile(path, place);
  if (!text.ok) return text;
  try {
    const key = createPrivateKey(text.value);
    return key.asymmetricKeyType === 'ed25519'
      ? { ok: true, value: key }
      : mistake(`${path}: expected an Ed25519 key, found ${key.asymmetricKeyType}`);
  } catch (error) {
    return mistake(
      `${path}: not a PKCS#8 PEM key (${error instanceof Error ? error.message : 'unreadable'})`,
    );
  }
}

function readEncryptionKey(
  path: string,
  fromEnv: string | undefined,
  secrets: SecretPlace,
): Read<Uint8Array> {
  const text: Read<string> = fromEnv ? { ok: true, value: fromEnv } : readKeyFile(path, secrets);
  if (!text.ok) return text;
  const key = Buffer.from(text.value.trim(), 'base64url');
  const where = fromEnv ? ENCRYPTION_KEY_VARIABLE : path;
  return key.byteLength === SEALED_BOX_KEY_BYTES
    ? { ok: true, value: key }
    : mistake(`${where}: expected 32 bytes in base64url, found ${key.byteLength}`);
}
