import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openDatabase } from '../db/database.ts';

let made: Promise<Buffer> | null = null;

/** Writes what `openDatabase` leaves in a new file. Made once a process: all migrations take a fifth of a second. */
export async function writeEmptyDatabase(file: string): Promise<void> {
  made ??= makeEmptyDatabase();
  writeFileSync(file, await made, { mode: 0o600 });
}

async function makeEmptyDatabase(): Promise<Buffer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'postern-empty-'));
  try {
    const file = path.join(folder, 'postern.db');
    await (await openDatabase(file)).close();
    return readFileSync(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
