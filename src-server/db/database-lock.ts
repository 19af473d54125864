import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { giveToFolderOwner } from '../../src-node/file-owner.ts';
import { isBusyError } from './sqlite-error.ts';

/**
 * Makes this process the only server on `databaseFile`: an exclusive SQLite lock on `<file>.lock`, which the
 * operating system gives back when the process dies, however it dies. Null when another server holds it.
 */
export function lockDatabase(databaseFile: string): { release(): void } | null {
  return lockFile(`${databaseFile}.lock`, 'begin exclusive');
}

/** Whether a server runs on this database now. */
export function isServerRunning(databaseFile: string): boolean {
  if (!existsSync(`${databaseFile}.lock`)) return false;
  const lock = lockDatabase(databaseFile);
  lock?.release();
  return lock === null;
}

/**
 * Commands that work with the keys hold them `shared`, whoever replaces them `alone`: what is sealed while a key is
 * replaced would be sealed with the one that is gone. Null: the other kind holds them.
 */
export function lockKeys(databaseFile: string, how: 'shared' | 'alone'): { release(): void } | null {
  return lockFile(`${databaseFile}.keys.lock`, how === 'alone' ? 'begin exclusive' : READ);
}

/** Takes SQLite's shared lock, also of an empty file, and keeps it until the file is closed. */
const READ = 'begin; select count(*) from sqlite_schema';

function lockFile(file: string, statement: string): { release(): void } | null {
  const isNew = !existsSync(file);
  const lock = new DatabaseSync(file, { timeout: 0 });
  try {
    if (isNew) giveToFolderOwner(file);
    lock.exec(statement);
  } catch (error) {
    lock.close();
    if (isBusyError(error)) return null;
    throw error;
  }
  return { release: () => lock.close() };
}
