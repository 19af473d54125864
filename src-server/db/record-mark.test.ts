import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { appendAudit } from '../audit/audit-log.ts';
import { type Database, openDatabase } from './database.ts';
import { forgetMark, isCopy, markFile, readMark, writeMark } from './record-mark.ts';

let folder: string;
let open: Database[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'postern-mark-'));
  mkdirSync(join(folder, 'keys'));
  open = [];
});
afterEach(async () => {
  for (const database of open) await database.close();
  rmSync(folder, { recursive: true });
});

const databaseFile = () => join(folder, 'postern.db');
/** Root may write beside the keys. */
const root = () => ({ keysDir: join(folder, 'keys'), databaseFile: databaseFile() });
/** The service may not. */
const service = () => ({ keysDir: join(folder, 'not-for-me'), databaseFile: databaseFile() });

async function databaseOf(rows: number) {
  const database = await openDatabase(join(folder, `of-${rows}.db`));
  open.push(database);
  await database.db.transaction().execute(async (tx) => {
    for (let at = 0; at < rows; at++)
      await appendAudit(tx, { at, actor: 'cli', action: 'test', outcome: 'ok' });
  });
  return database.db;
}

test('an older copy is told from what the mark was made of', async () => {
  await writeMark(await databaseOf(5), root());
  const mark = readMark(root()) ?? { seq: 0, hash: '' };
  expect(mark.seq).toBe(5);
  expect(await isCopy(await databaseOf(3), mark)).toBe(true);
  expect(await isCopy(await databaseOf(7), mark)).toBe(false);
});

test('after-restore by root counts for a service that keeps its mark beside the database', async () => {
  await writeMark(await databaseOf(5), service());
  const copy = await databaseOf(3);
  expect(await isCopy(copy, readMark(service()) ?? { seq: 0, hash: '' })).toBe(true);
  await writeMark(copy, root());
  expect(readMark(service())).toBe(null);
  await writeMark(copy, service());
  expect(await isCopy(copy, readMark(service()) ?? { seq: 0, hash: '' })).toBe(false);
});

test('a new database is no copy of one that was there before, wherever its mark is', async () => {
  const before = await databaseOf(5);
  for (const place of [service(), root()]) await writeMark(before, place);
  await writeMark(before, service());
  forgetMark(root());
  for (const place of [service(), root()]) expect(existsSync(markFile(place))).toBe(false);
});
