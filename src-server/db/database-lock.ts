import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { giveToFolderOwner } from '../../src-node/file-owner.ts';

/**
 * Makes this process the only server on `databaseFile`: an exclusive SQLite lock on `<file>.lock`, which the
 * operating system gives back when the process dies, however it dies. Null when another server holds it.
 */
export function lockDatabase(databaseFile: string): { release(): void } | null {
  const file = `${databaseFile}.lock`;
  const isNew = !existsSync(file);
  const lock = new DatabaseSync(file, { timeout: 0 });
  try {
    if (isNew) giveToFolderOwner(file);
    lock.exec('begin exclusive');
  } catch (error) {
    lock.close();
    if (error instanceof Error && error.message.includes('locked')) return null;
    throw error;
  }
  return { release: () => lock.close() };
}

/** Whether a server runs on this database now. */
export function isServerRunning(databaseFile: string): boolean {
  if (!existsSync(`${databaseFile}.lock`)) return false;
  const lock = lockDatabase(databaseFile);
  lock?.release();
  return lock === null;
}
