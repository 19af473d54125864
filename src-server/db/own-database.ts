import type { Logger } from 'pino';
import { type Mistake, mistakeLine } from '../../src-node/mistake.ts';
import type { ServerConfig } from '../config.ts';
import type { ServerKeys } from '../keys/server-keys.ts';
import { type Database, openDatabase } from './database.ts';
import { takeKeys } from './key-check.ts';
import { NewerDatabaseError } from './newer-database.ts';
import { isCopy, readMark } from './record-mark.ts';

type Opened = { ok: true; database: Database } | { ok: false; mistakes: string[] };

/** The database of a server that is about to start: the keys open it, and nobody has put an older copy in its place. */
export async function openOwnDatabase({
  config,
  keys,
  log,
}: {
  config: ServerConfig;
  keys: ServerKeys;
  log: Logger;
}): Promise<Opened> {
  const { databaseFile } = config;
  let database: Database;
  try {
    database = await openDatabase(databaseFile);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const isNamed = error instanceof NewerDatabaseError;
    return { ok: false, mistakes: [isNamed ? why : unusable(databaseFile, why)] };
  }
  const mistake = await ownershipMistake(database, { config, keys, log });
  if (mistake === null) return { ok: true, database };
  await database.close();
  return { ok: false, mistakes: [mistake] };
}

async function ownershipMistake(
  { db }: Database,
  { config, keys, log }: { config: ServerConfig; keys: ServerKeys; log: Logger },
): Promise<string | null> {
  const mark = readMark(config);
  if (mark !== null && (await isCopy(db, mark))) return mistakeLine(putBack(config.databaseFile));
  const check = await takeKeys(db, keys);
  if (check === 'sealed-by-others') return mistakeLine(sealedByOthers(config));
  if (check === 'other-lease-key')
    log.warn('the lease key is not the one of before: each computer has to trust this server anew');
  return null;
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
