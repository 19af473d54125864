import { chmodSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fail, ok, type Result } from '../../src-shared/problem.ts';

/** SQLITE_BUSY. */
const BUSY = 5;

/** Where the client of this user keeps its settings (XDG Base Directory Specification). */
export function defaultProfileFolder(env: Record<string, string | undefined>): string {
  return join(env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'postern');
}

/**
 * One client per profile: two would fight for tunnel and channel. The lock is the operating system's, on a file, so
 * it goes with the process however that ends. Errors: `controller-busy`; whatever else is wrong with the folder throws.
 */
export function lockProfile(folder: string): Result<{ release(): void }> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'profile.lock');
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec('pragma locking_mode = exclusive; begin exclusive');
    chmodSync(file, 0o600);
    return ok({ release: () => database.close() });
  } catch (error) {
    database.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === BUSY)
      return fail(
        'controller-busy',
        'Another Postern client is running with this profile. Use that one, or end it first.',
      );
    throw error;
  }
}
