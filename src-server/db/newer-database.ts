import { DatabaseSync } from 'node:sqlite';
import { migrations } from './migrations.ts';

/** The file was written by a version of the server that knows more of it than this one. */
export class NewerDatabaseError extends Error {}

/**
 * Throws where a migration has run that this version does not have: it would write what the newer one does not expect.
 * Nothing was changed then.
 */
export function refuseNewer(sqlite: DatabaseSync, file: string): void {
  const [newest] = migrationsOf(sqlite).filter((name) => !(name in migrations));
  if (newest !== undefined)
    throw new NewerDatabaseError(
      `databaseFile: ${file} was written by a newer version of postern-server (migration ${newest}). Install that version again, or put back the backup from before the upgrade: postern-server database restore FILE`,
    );
}

/** Names of those that have run, newest first; none for a file that is no database of ours yet. */
export function migrationsOf(sqlite: DatabaseSync): string[] {
  const table = sqlite.prepare("select 1 from sqlite_master where name = 'kysely_migration'").get();
  if (!table) return [];
  const rows = sqlite.prepare('select name from kysely_migration order by name desc').all();
  return rows.map(({ name }) => String(name));
}

/** Whether migrations of this version have not run on the file yet; asks without running them. */
export function isOlder(file: string): boolean {
  const sqlite = new DatabaseSync(file, { timeout: 5000 });
  try {
    const done = new Set(migrationsOf(sqlite));
    return Object.keys(migrations).some((name) => !done.has(name));
  } finally {
    sqlite.close();
  }
}
