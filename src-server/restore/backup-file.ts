import { existsSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { fileTrouble } from '../../src-node/file-owner.ts';
import { NewerDatabaseError, refuseNewer } from '../db/newer-database.ts';
import { isSqliteError } from '../db/sqlite-error.ts';
import { damageOf } from './copy-database.ts';

export type BackupFile =
  /** `madeAt`: its newest row of the audit log, milliseconds since 1970; null: it has none. */
  { ok: true; madeAt: number | null; auditRows: number } | { ok: false; mistake: string };

/** Where `backup --with-keys` puts the keys of a backup. */
export function keysBeside(file: string): string {
  return `${file}.keys`;
}

export function hasKeysBeside(file: string): boolean {
  return existsSync(keysBeside(file));
}

/** Whether a file can be put in the place of the database; it is read as a whole and changed in nothing. */
export function inspectBackup(file: string): BackupFile {
  const trouble = fileTrouble(file);
  if (trouble) return refused(trouble.kind === 'denied' ? trouble.text : `${file} is not there`);
  // As `copyDatabase` leaves it when it is killed.
  if (statSync(file).size === 0)
    return refused(`${file} is empty: that backup was interrupted. Remove it, and take another backup`);
  try {
    const damage = damageOf(file);
    if (damage !== null) return refused(`${file} is damaged: ${damage}. Take another backup`);
    return read(file);
  } catch (error) {
    if (error instanceof NewerDatabaseError) return refused(error.message);
    if (isSqliteError(error)) return refused(`${file} is not a backup of postern-server: ${error.message}`);
    throw error;
  }
}

function read(file: string): BackupFile {
  const sqlite = new DatabaseSync(file, { readOnly: true });
  try {
    const ours = sqlite
      .prepare(
        "select count(*) as n from sqlite_master where name in ('kysely_migration', 'audit', 'device')",
      )
      .get();
    if (ours?.n !== 3) return refused(`${file} is not a backup of postern-server: it has none of its tables`);
    refuseNewer(sqlite, file);
    const newest = sqlite.prepare('select at from audit order by seq desc limit 1').get();
    const rows = sqlite.prepare('select count(*) as n from audit').get();
    const madeAt = newest === undefined ? null : Number(newest.at);
    return { ok: true, madeAt, auditRows: Number(rows?.n) };
  } finally {
    sqlite.close();
  }
}

function refused(mistake: string): BackupFile {
  return { ok: false, mistake };
}
