import { globSync, readFileSync } from 'node:fs';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeSealedBox } from '../keys/sealed-box.ts';
import { type Database, openDatabase } from './database.ts';
import { openedBy, resealAll, sealedColumns } from './reseal.ts';

const [old, next, lost] = [1, 2, 3].map((byte) => makeSealedBox(Buffer.alloc(32, byte)));
if (!old || !next || !lost) throw new Error('three boxes');
let database: Database;
beforeEach(async () => {
  database = await openDatabase(':memory:');
});
afterEach(() => database.close());

test('every column of the database that holds bytes is found as one that is sealed', async () => {
  const { rows } = await sql<{ table: string; column: string }>`
    select t.name as "table", c.name as "column" from sqlite_schema t, pragma_table_info(t.name) c
    where t.type = 'table' and lower(c.type) = 'blob' and t.name not like 'audit\\_search\\_%' escape '\\'
    order by t.name, c.cid`.execute(database.db);
  expect(rows.length).toBeGreaterThan(3);
  expect(await sealedColumns(database.db)).toEqual(rows);
});

test('whatever the server seals goes into something that is named so', () => {
  const root = new URL('..', import.meta.url);
  const lines = globSync('**/*.ts', { cwd: root })
    .filter((file) => !/\.test\.ts$|testing\/|^keys\/|^db\/reseal\.ts/.test(file))
    .flatMap((file) => readFileSync(new URL(file, root), 'utf8').split('\n'))
    .filter((line) => line.includes('.seal('));
  expect(lines.length).toBeGreaterThan(3);
  expect(lines.filter((line) => !/\b(\w+_)?sealed: .*\.seal\(/.test(line))).toEqual([]);
});

test('more than one slice is sealed anew, and what the old key does not open stays as it is', async () => {
  const { db } = database;
  const known = old.seal(Buffer.from('postern'));
  await db
    .insertInto('key_check')
    .values({ id: 1, sealed: known, lease_key_id: 'k', encryption_key_id: null })
    .execute();
  const member = { id: 'm', email: 'a@b.example', name: 'A', role: 'owner', password_hash: '' } as const;
  const more = { is_blocked: 0, created_at: 0, removed_at: null, former_email: null } as const;
  await db
    .insertInto('member')
    .values({ ...member, ...more, password_version: 0, password_expires_at: null })
    .execute();
  const mail = (index: number, sealed: Uint8Array) => ({
    ...{ id: String(index), member_id: 'm', kind: 'k', content_sealed: sealed },
    ...{ created_at: 0, give_up_at: 9, next_try_at: 0, tries: 0 },
  });
  const mails = Array.from({ length: 1203 }, (_, index) =>
    mail(index, old.seal(Buffer.from(`mail ${index}`))),
  );
  for (let at = 0; at < mails.length; at += 200)
    await db
      .insertInto('mail')
      .values(mails.slice(at, at + 200))
      .execute();
  const foreign = lost.seal(Buffer.from('lost'));
  await db.insertInto('mail').values(mail(5000, foreign)).execute();

  const done = await db.transaction().execute((tx) => resealAll(tx, old, next));
  expect(done).toEqual({ count: 1204, unreadable: 1 });
  const rows = await db.selectFrom('mail').select(['id', 'content_sealed']).execute();
  for (const { id, content_sealed } of rows)
    if (id === '5000') expect(Buffer.from(content_sealed)).toEqual(Buffer.from(foreign));
    else expect(openedBy(next, content_sealed)?.toString()).toBe(`mail ${id}`);
  const { sealed } = await db.selectFrom('key_check').select('sealed').executeTakeFirstOrThrow();
  expect(openedBy(next, sealed)?.toString()).toBe('postern');
});
