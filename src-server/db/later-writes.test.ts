import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { makeLogger } from '../logger.ts';
import { type Database, openDatabase, type Tx } from './database.ts';
import { writeIfFree } from './later-writes.ts';

let folder: string;
let database: Database;
const lines: string[] = [];
const log = makeLogger('info', { write: (line) => void lines.push(line) });
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'postern-later-'));
  lines.length = 0;
  database = await openDatabase(join(folder, 'postern.db'));
});
afterEach(async () => {
  await database.close();
  rmSync(folder, { recursive: true });
});

const note =
  (key: string, failures = 0) =>
  (tx: Tx) => {
    const values = { key, failures, window_started_at: 0, failures_in_row: 0, blocked_until: 0 };
    return tx.insertInto('attempt').values(values).execute();
  };
const noted = () => database.db.selectFrom('attempt').select(['key', 'failures']).orderBy('key').execute();

test('notes are written together a moment later; of those with one key the newest', async () => {
  const transactions = vi.spyOn(database.db, 'connection');
  for (const key of ['a', 'b', 'c']) await database.later.add(log, note(key));
  for (const failures of [1, 2, 3]) await database.later.add(log, note('keyed', failures), 'its key');
  expect(await noted()).toEqual([]);
  await expect.poll(noted).toHaveLength(4);
  expect((await noted()).at(-1)).toEqual({ key: 'keyed', failures: 3 });
  expect(transactions).toHaveBeenCalledOnce();
});

test('while another process writes they wait, and nobody waits for them', async () => {
  const other = new DatabaseSync(join(folder, 'postern.db'));
  other.exec('begin immediate');
  await database.later.add(log, note('a'));
  expect(await writeIfFree(database.db, note('not'))).toBeNull();
  other.exec('rollback');
  other.close();
  await expect.poll(noted).toEqual([{ key: 'a', failures: 0 }]);
  // Who has to write waits for the other one as before.
  const { rows } = await database.db.executeQuery<{ timeout: number }>({
    ...database.db.selectFrom('attempt').selectAll().compile(),
    sql: 'pragma busy_timeout',
    parameters: [],
  });
  expect(rows).toEqual([{ timeout: 5_000 }]);
});

test('beyond very many whoever makes one more waits until they are written, and nobody else does', async () => {
  const other = new DatabaseSync(join(folder, 'postern.db'));
  other.exec('begin immediate');
  for (let count = 0; count < 1_000; count++) await database.later.add(log, note(`note ${count}`));
  let isThrough = false;
  const waiting = database.later.add(log, note('one more')).then(() => {
    isThrough = true;
  });
  // Each of these would come after five seconds of SQLite's own waiting.
  for (let look = 0; look < 20; look++) {
    expect(await noted()).toEqual([]);
    await nextTurn();
  }
  expect(isThrough).toBe(false);
  other.exec('rollback');
  other.close();
  await waiting;
  expect(await noted()).toHaveLength(1_001);
});

test('what waits is written before the database is closed', async () => {
  await database.later.add(log, note('a'));
  await database.close();
  database = await openDatabase(join(folder, 'postern.db'));
  expect(await noted()).toHaveLength(1);
});

test('what could not be written is tried again, and is in the log; what is too much is refused', async () => {
  let isBroken = true;
  const fragile = (tx: Tx) =>
    isBroken ? Promise.reject(new Error('the disk is full')) : note('fragile')(tx);
  await database.later.add(log, fragile);
  await expect.poll(() => lines.join('')).toContain('the disk is full');
  for (let count = 0; count < 999; count++) await database.later.add(log, note(`note ${count}`));
  await expect(database.later.add(log, note('too much'))).rejects.toThrow('the disk is full');
  isBroken = false;
  await database.later.flush();
  expect(await noted()).toHaveLength(1_001);
});
