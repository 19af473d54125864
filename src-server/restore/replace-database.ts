import { existsSync, linkSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { flush } from '../../src-node/private-file.ts';
import { isSqliteError } from '../db/sqlite-error.ts';
import { keptName } from './kept-name.ts';

/** What SQLite keeps beside a database; with another database they would destroy it. */
const COMPANIONS = ['-wal', '-shm', '-journal'];

/**
 * Puts `prepared` in the place of the database, which is kept beside under the name that is answered (null: there was
 * none). At every moment the one or the other is there, whole.
 */
export function replaceDatabase(databaseFile: string, prepared: string, now: number): string | null {
  if (!existsSync(databaseFile)) {
    renameSync(prepared, databaseFile);
    flush(dirname(databaseFile));
    return null;
  }
  foldInLog(databaseFile);
  const before = keptName(databaseFile, now);
  keepBeside(databaseFile, before);
  for (const companion of COMPANIONS)
    if (existsSync(`${databaseFile}${companion}`))
      renameSync(`${databaseFile}${companion}`, `${before}${companion}`);
  flush(dirname(databaseFile));
  renameSync(prepared, databaseFile);
  flush(dirname(databaseFile));
  return before;
}

function keepBeside(databaseFile: string, before: string): void {
  try {
    linkSync(databaseFile, before);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    // A file system without links.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error;
    renameSync(databaseFile, before);
  }
}

/** Writes the log back, so that one file is all; a database that is damaged keeps it beside. */
function foldInLog(databaseFile: string): void {
  try {
    const sqlite = new DatabaseSync(databaseFile);
    try {
      sqlite.exec('pragma wal_checkpoint(truncate); pragma journal_mode = delete');
    } finally {
      sqlite.close();
    }
  } catch (error) {
    // Damaged, or no database at all: that is why somebody restores.
    if (!isSqliteError(error)) throw error;
  }
}
