import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StackError } from './stack-error.ts';

/** A lock lasts until it is released: were its database collected as garbage, the file would be closed. */
const heldLocks = new Set<DatabaseSync>();

export type Lock = { isHeld: true; release: () => void } | { isHeld: false; holder: string };

/**
 * Takes a lock that the operating system gives back when this process ends, however it ends: SQLite's exclusive
 * file lock (fcntl). `file` and `file.pid` are made; `holder` is the pid of who has it.
 */
export function takeProcessLock(file: string): Lock {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(file, { timeout: 0 });
    database.exec('begin exclusive');
  } catch (error) {
    database?.close();
    const why = error instanceof Error ? error.message : String(error);
    if (/locked/.test(why)) return { isHeld: false, holder: readPid(file) };
    throw new StackError(`${file} cannot be locked (${why}): does ${path.dirname(file)} belong to you?`);
  }
  const held = database;
  heldLocks.add(held);
  writeFileSync(`${file}.pid`, String(process.pid), { mode: 0o600 });
  return {
    isHeld: true,
    release() {
      rmSync(`${file}.pid`, { force: true });
      rmSync(file, { force: true });
      held.close();
      heldLocks.delete(held);
    },
  };
}

function readPid(file: string): string {
  try {
    return readFileSync(`${file}.pid`, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'unknown';
    throw error;
  }
}
