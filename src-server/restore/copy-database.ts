import { chmodSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { flush, makePrivateFile } from '../../src-node/private-file.ts';
import { fold } from '../db/database.ts';

/**
 * A consistent copy of the database in one file, also while a server writes to it (`vacuum into` reads one moment of it);
 * 0600, on the disk when this returns, and looked through. Never replaces a file: throws with EEXIST. `file` is a database
 * at once or not at all; a crash leaves it empty.
 */
export function copyDatabase(from: string, file: string): { bytes: number } {
  const partial = `${file}.partial`;
  makePrivateFile(file);
  try {
    rmSync(partial, { force: true });
    makePrivateFile(partial);
    const source = new DatabaseSync(from, { timeout: 5000 });
    try {
      source.function('fold', { deterministic: true }, fold);
      source.prepare('vacuum into ?').run(partial);
    } finally {
      source.close();
    }
    const mistake = damageOf(partial);
    if (mistake !== null) throw new Error(`${from} is damaged, and so is every copy of it: ${mistake}`);
    chmodSync(partial, 0o600);
    flush(partial);
    renameSync(partial, file);
    flush(dirname(file));
  } catch (error) {
    rmSync(partial, { force: true });
    rmSync(file, { force: true });
    throw error;
  }
  return { bytes: statSync(file).size };
}

/** What SQLite finds wrong in a file; null: nothing. Throws where the file is no database. */
export function damageOf(file: string): string | null {
  const sqlite = new DatabaseSync(file, { readOnly: true });
  try {
    const found = sqlite.prepare('pragma integrity_check(1)').get();
    const word = String(found?.integrity_check);
    return word === 'ok' ? null : word;
  } finally {
    sqlite.close();
  }
}
