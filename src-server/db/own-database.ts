import type { Logger } from 'pino';
import { type Mistake, mistakeLine } from '../../src-node/mistake.ts';
import type { ServerConfig } from '../config.ts';
import type { ServerKeys } from '../keys/server-keys.ts';
import { type Database, type Db, openDatabase } from './database.ts';
import { hasTable, opensDatabase, takeKeys } from './key-check.ts';
import { leaseKeyRotation } from './lease-key-rotation.ts';
import { NewerDatabaseError } from './newer-database.ts';
import { isCopy, readMark } from './record-mark.ts';
import { eraseLeftOver, hasLeftOver } from './reseal.ts';

type Opened = { ok: true; database: Database } | { ok: false; mistakes: string[] };

/** Not a database for these keys, or not the one that was here; says what to do. */
export class ForeignDatabaseError extends Error {}

type Files = { config: ServerConfig; keys: ServerKeys };

/**
 * The database of a server that is about to start: the keys open it, and nobody has put an older copy in its place. One
 * that is refused was not changed.
 */
export async function openOwnDatabase({ config, keys, log }: Files & { log: Logger }): Promise<Opened> {
  const { databaseFile } = config;
  let database: Database;
  try {
    database = await openDatabase(databaseFile, {
      refuse: async (db) => {
        await refuseCopy(db, config);
        await refuseForeign(db, { config, keys });
      },
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const isNamed = error instanceof NewerDatabaseError || error instanceof ForeignDatabaseError;
    return { ok: false, mistakes: [isNamed ? why : unusable(databaseFile, why)] };
  }
  if ((await leaseKeyRotation(database.db))?.nextPublicKey === keys.serverKey.publicKey) {
    await database.close();
    return { ok: false, mistakes: [mistakeLine(UNFINISHED)] };
  }
  if ((await takeKeys(database.db, keys)) === 'other-lease-key')
    log.warn('the lease key is not the one of before: each computer has to trust this server anew');
  if (await hasLeftOver(database.db)) await endRotation(database.db, { databaseFile, log });
  return { ok: true, database };
}

const UNFINISHED: Mistake = {
  detail: 'keysDir: the next lease key is in its place, and its rotation is not finished',
  remedy: 'run first: postern-server keys rotate lease --finish --old-key FILE, the one of before',
};

/** A rotation of the encryption key was interrupted, or had no room, when it had the file to write anew. */
async function endRotation(
  db: Db,
  { databaseFile, log }: { databaseFile: string; log: Logger },
): Promise<void> {
  log.info(
    { databaseFile },
    'writing the database anew, without what the encryption key of before had sealed',
  );
  const why = await eraseLeftOver(db, Date.now());
  if (why !== null) log.warn({ databaseFile, why }, 'not done: make room, and the next start tries again');
}

async function refuseCopy(db: Db, config: ServerConfig): Promise<void> {
  const mark = readMark(config);
  if (mark !== null && (await isCopy(db, mark)))
    throw new ForeignDatabaseError(mistakeLine(putBack(config.databaseFile)));
}

/** Throws a `ForeignDatabaseError` where these keys do not open the database, whatever version has written it. */
export async function refuseForeign(db: Db, { config, keys }: Files): Promise<void> {
  if (!(await opensDatabase(db, keys.sealedBox)))
    throw new ForeignDatabaseError(mistakeLine(await foreignKeys(db, config, keys)));
  const ended = await endedLeaseKey(db, config, keys);
  if (ended) throw new ForeignDatabaseError(mistakeLine(ended));
}

/**
 * What to do where another lease key has taken the place of this one: who replaced it may have had reason to, and
 * computers that follow the other one refuse whatever this one signs. Null: none has.
 */
export async function endedLeaseKey(
  db: Db,
  { keysDir }: Pick<ServerConfig, 'keysDir'>,
  { serverKey: { publicKey } }: Pick<ServerKeys, 'serverKey'>,
): Promise<Mistake | null> {
  if (!(await hasTable(db, 'past_lease_key'))) return null;
  const row = await db
    .selectFrom('past_lease_key')
    .select('ended_at')
    .where('public_key', '=', publicKey)
    .executeTakeFirst();
  if (!row) return null;
  const day = new Date(row.ended_at).toISOString().slice(0, 10);
  return {
    detail: `keysDir: ${keysDir} holds the lease key of before ${day}, when another one took its place: computers refuse what it signs`,
    remedy: 'put back the newest lease-key.pem from your backup of the keys (docs/operations.md, "Keys")',
  };
}

/** What to do about a database that these keys do not open. */
export function sealedByOthers({
  databaseFile,
  keysDir,
}: Pick<ServerConfig, 'databaseFile' | 'keysDir'>): Mistake {
  return {
    detail: `keysDir: the keys in ${keysDir} do not open ${databaseFile}: its secrets were sealed by others`,
    remedy: 'put back the keys that belong to it (docs/operations.md, "Keys that are lost")',
  };
}

/** The same where the database may know more: its key was replaced, and these keys still have the one of before. */
export async function foreignKeys(
  db: Db,
  config: Pick<ServerConfig, 'databaseFile' | 'keysDir'>,
  { encryptionKeyId, encryptionKeyPlace: place }: Pick<ServerKeys, 'encryptionKeyId' | 'encryptionKeyPlace'>,
): Promise<Mistake> {
  if (!(await hasTable(db, 'past_encryption_key'))) return sealedByOthers(config);
  const past = await db.selectFrom('past_encryption_key').selectAll().orderBy('ended_at', 'desc').execute();
  const old = past.find((key) => key.key_id === encryptionKeyId);
  if (!old) return sealedByOthers(config);
  const day = new Date(old.ended_at).toISOString().slice(0, 10);
  const file = past[0]?.new_key_file ?? null;
  const way =
    file === null
      ? 'put back the newest encryption.key from your backup of the keys'
      : `put the key of ${file} in its place`;
  return {
    detail: `keysDir: ${place} holds the encryption key of before ${day}, when another one took its place: it does not open ${config.databaseFile} any more`,
    remedy: `${way} (docs/operations.md, "Keys")`,
  };
}

/** What to do about a copy that was put in the place of the database. */
export function putBack(databaseFile: string): Mistake {
  return {
    detail: `databaseFile: ${databaseFile} is an older copy of this server's record. What was ended since would come back`,
    remedy: 'run first: postern-server database after-restore',
  };
}

function unusable(databaseFile: string, why: string): string {
  return `databaseFile: ${databaseFile}: ${why}. If it is damaged, put a backup back: postern-server database restore FILE`;
}
