import { DatabaseSync } from 'node:sqlite';
import { type Check, fine, wrong } from '../../src-node/check.ts';
import { fileTrouble } from '../../src-node/file-owner.ts';
import type { ServerConfig } from '../config.ts';
import { type Database, openDatabase } from '../db/database.ts';
import { checkKeys } from '../db/key-check.ts';
import { isOlder, NewerDatabaseError, refuseNewer } from '../db/newer-database.ts';
import { putBack, sealedByOthers } from '../db/own-database.ts';
import { isCopy, readMark } from '../db/record-mark.ts';
import { isSqliteError } from '../db/sqlite-error.ts';
import { loadServerKeys } from '../keys/server-keys.ts';
import type { Looked } from './looked-at.ts';

const ID = 'database';

/** A database that an older version wrote is only looked at from outside: opening it would bring it up to date. */
export async function databaseChecks(looking: Looked): Promise<Check[]> {
  const { databaseFile } = looking.config;
  const trouble = fileTrouble(databaseFile, 'write');
  if (trouble?.kind === 'denied') return [fromMistake(trouble.text)];
  if (trouble)
    return [
      wrong(
        ID,
        `${databaseFile} is not there.`,
        'postern-server init, or postern-server database restore FILE',
      ),
    ];
  const damage = damageIn(databaseFile);
  if (damage !== null)
    return [wrong(ID, `${databaseFile}: ${damage}.`, 'postern-server database restore FILE')];
  if (isOlder(databaseFile)) {
    const detail = `${databaseFile} is of an older version: the next start brings it up to date.`;
    return [
      fine(ID, `${detail} A backup before that is the way back: postern-server database backup --out FILE`),
    ];
  }
  const database = await openDatabase(databaseFile);
  try {
    const mistakes = await ownershipMistakes(database, looking);
    return mistakes.length > 0
      ? mistakes.map(fromMistake)
      : [fine(ID, `${databaseFile} is whole, and the keys open it.`)];
  } finally {
    await database.close();
  }
}

async function ownershipMistakes({ db }: Database, { config, env }: Looked): Promise<string[]> {
  const mark = readMark(config);
  const copy = mark !== null && (await isCopy(db, mark)) ? [putBack(config.databaseFile)] : [];
  const keys = await keysOf(config, env);
  const isForeign = keys !== null && (await checkKeys(db, keys)) === 'sealed-by-others';
  return [...copy, ...(isForeign ? [sealedByOthers(config)] : [])];
}

/** Null: they have a line of their own. */
async function keysOf({ keysDir, issuer, secretsAreMounted: areMounted }: ServerConfig, env: Looked['env']) {
  const loaded = await loadServerKeys(keysDir, issuer, env, { areMounted });
  return loaded.ok ? loaded.keys : null;
}

function damageIn(file: string): string | null {
  try {
    const sqlite = new DatabaseSync(file, { readOnly: true });
    try {
      refuseNewer(sqlite, file);
      const word = String(sqlite.prepare('pragma quick_check(1)').get()?.quick_check);
      return word === 'ok' ? null : word;
    } finally {
      sqlite.close();
    }
  } catch (error) {
    if (error instanceof NewerDatabaseError)
      return 'it was written by a newer version; install that one again, or';
    if (isSqliteError(error)) return error.message;
    throw error;
  }
}

/** `setting: what is wrong; run: command` or `…. What to do` as a line and its remedy. */
function fromMistake(mistake: string): Check {
  const at = Math.max(mistake.lastIndexOf('; '), mistake.lastIndexOf('. '));
  return wrong(ID, `${mistake.slice(0, at)}.`, mistake.slice(at + 2));
}
