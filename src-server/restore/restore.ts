import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { giveToFolderOwner } from '../../src-node/file-owner.ts';
import { flush, makePrivateFile } from '../../src-node/private-file.ts';
import { endLeaseKey } from '../audit/past-anchors.ts';
import type { ServerConfig } from '../config.ts';
import { type Db, openDatabase } from '../db/database.ts';
import { checkKeys, notedLeaseKeyId, noteKeys, opensDatabase } from '../db/key-check.ts';
import { leaseKeyRotation, noteLeaseKeyStep } from '../db/lease-key-rotation.ts';
import { writeMark } from '../db/record-mark.ts';
import { resealAll } from '../db/reseal.ts';
import { encryptionKeyId, encryptionKeyIn } from '../keys/encryption-key.ts';
import {
  LEASE_KEY_FILE,
  leaseKeyIdOf,
  nextLeaseKeyFile,
  pastLeaseKeys,
  publicKeyIn,
} from '../keys/lease-key.ts';
import { makeSealedBox } from '../keys/sealed-box.ts';
import { type ServerKeys, savedKeyFiles } from '../keys/server-keys.ts';
import { type TakenBack, takeBack } from './after-restore.ts';
import { copyDatabase } from './copy-database.ts';
import { type Difference, differencesSince } from './differences.ts';
import { keptName } from './kept-name.ts';
import { replaceDatabase } from './replace-database.ts';

export interface Restored {
  taken: TakenBack;
  /** Where the database of before is; null: there was none. */
  keptAt: string | null;
  /** Null: nothing to compare with. */
  differences: Difference[] | null;
  /** The lease key that was here until now, where the keys of the backup have replaced another one. */
  replacedLeaseKey: ReplacedLeaseKey | null;
  /** Computers trust another lease key than the one that is here now. */
  isOtherLeaseKey: boolean;
  /** The file of the encryption key of then, with which its secrets were opened; null: that of now did. */
  openedWith: string | null;
}

/** A lease key that computers may have followed to. */
export interface ReplacedLeaseKey {
  publicKey: string;
  /** The folder with the keys of before. */
  keysKeptAt: string;
  /** It is the next one of the rotation that the backup is in the middle of: finishing that brings it back. */
  isNext: boolean;
}

export type RestoreOutcome = { ok: true; value: Restored } | { ok: false; mistake: 'sealed-by-others' };

interface RestoreInput {
  config: ServerConfig;
  keys: ServerKeys;
  file: string;
  madeAt: number | null;
  /** A folder whose keys take the place of those in `keysDir`; null: those stay. */
  keysFrom: string | null;
  /** Files of encryption keys that may be the one of then; what they open is sealed with the one of now. */
  oldKeys: readonly string[];
  now: () => number;
  actor: string;
}

/**
 * Puts an inspected backup in the place of the database, of which no server runs. Everything is done to a copy of it
 * first: until that one is whole, nothing has changed.
 */
export async function restoreDatabase(input: RestoreInput): Promise<RestoreOutcome> {
  const { config, keysFrom, now } = input;
  const prepared = `${config.databaseFile}.restoring`;
  let made: Prepared | undefined;
  try {
    made = await prepare(prepared, input);
  } finally {
    // Also after a failure: it holds every secret of the backup.
    if (!made?.ok) removeDatabase(prepared);
  }
  if (!made.ok) return made;
  const present = publicKeyIn(join(config.keysDir, LEASE_KEY_FILE));
  const keysKeptAt = keysFrom === null ? null : replaceKeys(config.keysDir, keysFrom, now());
  const keptAt = replaceDatabase(config.databaseFile, prepared, now());
  const restored = await openDatabase(config.databaseFile);
  let replacedLeaseKey: ReplacedLeaseKey | null = null;
  try {
    await writeMark(restored.db, config);
    if (keysKeptAt !== null && present !== null && present !== input.keys.serverKey.publicKey) {
      const next = (await leaseKeyRotation(restored.db))?.nextPublicKey;
      const isNext = next === present && publicKeyIn(nextLeaseKeyFile(config.keysDir)) === present;
      replacedLeaseKey = { publicKey: present, keysKeptAt, isNext };
    }
  } finally {
    await restored.close();
  }
  const differences = keptAt === null ? null : differencesSince(keptAt, config.databaseFile);
  return { ok: true, value: { ...made.value, keptAt, differences, replacedLeaseKey } };
}

type Prepared =
  | { ok: true; value: Pick<Restored, 'taken' | 'isOtherLeaseKey' | 'openedWith'> }
  | { ok: false; mistake: 'sealed-by-others' };

async function prepare(
  prepared: string,
  { config, keys, file, madeAt, oldKeys, now, actor }: RestoreInput,
): Promise<Prepared> {
  removeDatabase(prepared);
  copyDatabase(file, prepared);
  const database = await openDatabase(prepared);
  try {
    const openedWith = await sealAnew(database.db, keys, { oldKeys, now });
    const check = await checkKeys(database.db, keys);
    if (check === 'sealed-by-others') return { ok: false, mistake: check };
    const isPast = await goOnFromPastLeaseKey(database.db, keys, { keysDir: config.keysDir, now });
    await noteKeys(database.db, keys);
    const taken = await takeBack({ config, keys, database, now }, { actor, madeAt });
    return {
      ok: true,
      value: { taken, isOtherLeaseKey: check === 'other-lease-key' && !isPast, openedWith },
    };
  } finally {
    await database.close();
  }
}

/** Has the key of now open what one of the old ones does; which one, null: none, or there was no need. */
async function sealAnew(
  db: Db,
  { sealedBox }: ServerKeys,
  { oldKeys, now }: Pick<RestoreInput, 'oldKeys' | 'now'>,
): Promise<string | null> {
  if (await opensDatabase(db, sealedBox)) return null;
  for (const file of oldKeys) {
    const key = encryptionKeyIn(file);
    const box = key && makeSealedBox(key);
    if (!box || !(await opensDatabase(db, box))) continue;
    await db.transaction().execute(async (tx) => {
      await resealAll(tx, box, sealedBox);
      const at = { ended_at: now(), erased_at: now() };
      const values = { key_id: encryptionKeyId(key), ...at, kept_at: file, new_key_file: null };
      await tx.insertInto('past_encryption_key').values(values).execute();
    });
    return file;
  }
  return null;
}

/**
 * Whether a backup is from before a rotation of the lease key of which the public half was kept: what the audit log has
 * archived is signed anew then, and a rotation that was under way is done.
 */
async function goOnFromPastLeaseKey(
  db: Db,
  keys: ServerKeys,
  { keysDir, now }: { keysDir: string; now: () => number },
): Promise<boolean> {
  const noted = await notedLeaseKeyId(db);
  const past = pastLeaseKeys(keysDir).find((publicKey) => leaseKeyIdOf(publicKey) === noted);
  const isPast = past !== undefined && noted !== keys.leaseKeyId;
  await db.transaction().execute(async (tx) => {
    if (isPast) await endLeaseKey(tx, { publicKey: past, endedAt: now() }, keys);
    if ((await leaseKeyRotation(tx))?.nextPublicKey === keys.serverKey.publicKey)
      await noteLeaseKeyStep(tx, { now: now(), nextPublicKey: null, nextKeyFile: null });
  });
  return isPast;
}

function removeDatabase(file: string): void {
  for (const name of ['', '-wal', '-shm']) rmSync(`${file}${name}`, { force: true });
}

/** The keys of before stay beside, as the database of before does: in the folder that is answered; null: there were none. */
function replaceKeys(keysDir: string, from: string, now: number): string | null {
  const keptAt = existsSync(keysDir) ? keptName(keysDir, now) : null;
  if (keptAt !== null) renameSync(keysDir, keptAt);
  mkdirSync(keysDir, { recursive: true, mode: 0o700 });
  giveToFolderOwner(keysDir);
  copyKeys(savedKeyFiles(from, process.env), keysDir);
  return keptAt;
}

/** Into a folder that has none of them. */
export function copyKeys(files: readonly string[], folder: string): void {
  for (const file of files) makePrivateFile(join(folder, basename(file)), readFileSync(file, 'utf8'));
  flush(folder);
}
