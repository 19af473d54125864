import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export type Lock = { isHeld: true; release: () => void } | { isHeld: false; holder: string };

/**
 * Takes a lock that the operating system gives back when this process ends, however it ends: SQLite's exclusive
 * file lock (fcntl). `file` and `file.pid` are made; `holder` is the pid of who has it.
 */
export function takeProcessLock(file: string): Lock {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec('begin exclusive');
  } catch (error) {
    database.close();
    if (error instanceof Error && /locked/.test(error.message))
      return { isHeld: false, holder: readPid(file) };
    throw error;
  }
  writeFileSync(`${file}.pid`, String(process.pid), { mode: 0o600 });
  return {
    isHeld: true,
    release() {
      rmSync(`${file}.pid`, { force: true });
      rmSync(file, { force: true });
      database.close();
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
