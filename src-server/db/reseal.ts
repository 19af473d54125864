import { sql } from 'kysely';
import type { SealedBox } from '../keys/sealed-box.ts';
import type { Db, Tx } from './database.ts';
import { isSqliteError } from './sqlite-error.ts';

const BATCH = 500;

export interface SealedColumn {
  table: string;
  column: string;
}

/** What the database holds sealed, as its own schema says: every column whose name ends with `sealed`. */
export async function sealedColumns(db: Db | Tx): Promise<SealedColumn[]> {
  const { rows } = await sql<SealedColumn>`
    select t.name as "table", c.name as "column" from sqlite_schema t, pragma_table_info(t.name) c
    where t.type = 'table' and (c.name = 'sealed' or c.name like '%\\_sealed' escape '\\')
    order by t.name, c.cid`.execute(db);
  return rows;
}

export interface Resealed {
  count: number;
  /** Did not open with the key of before, and stay as they are. */
  unreadable: number;
}

/** Opens every sealed value with one key and seals it with another, in the transaction of the caller. */
export async function resealAll(tx: Tx, from: SealedBox, to: SealedBox): Promise<Resealed> {
  const all: Resealed = { count: 0, unreadable: 0 };
  for (const place of await sealedColumns(tx)) await resealColumn(tx, place, { from, to, all });
  return all;
}

async function resealColumn(
  tx: Tx,
  { table, column }: SealedColumn,
  { from, to, all }: { from: SealedBox; to: SealedBox; all: Resealed },
): Promise<void> {
  const [ofTable, ofColumn] = [sql.table(table), sql.ref(column)];
  for (let after = 0; ; ) {
    const { rows } = await sql<{ row: number; sealed: Uint8Array }>`
      select rowid as row, ${ofColumn} as sealed from ${ofTable}
      where rowid > ${after} and ${ofColumn} is not null order by rowid limit ${BATCH}`.execute(tx);
    for (const { row, sealed } of rows) {
      after = row;
      const plain = openedBy(from, sealed);
      if (plain === null) {
        all.unreadable += 1;
        continue;
      }
      await sql`update ${ofTable} set ${ofColumn} = ${to.seal(plain)} where rowid = ${row}`.execute(tx);
      all.count += 1;
    }
    if (rows.length < BATCH) return;
  }
}

/** Whether pages that SQLite keeps for later use may still hold what was sealed with a key of before. */
export async function hasLeftOver(db: Db): Promise<boolean> {
  const left = db.selectFrom('past_encryption_key').select('key_id').where('erased_at', 'is', null);
  return (await left.limit(1).executeTakeFirst()) !== undefined;
}

/** Writes the file anew, without such pages. Why it could not be done, as on a disk that is too small for a second copy; else null. */
export async function eraseLeftOver(db: Db, now: number): Promise<string | null> {
  try {
    await sql`vacuum`.execute(db);
  } catch (error) {
    if (isSqliteError(error)) return error.message;
    throw error;
  }
  await db
    .updateTable('past_encryption_key')
    .set({ erased_at: now })
    .where('erased_at', 'is', null)
    .execute();
  return null;
}

/** What was sealed with this key; null when it was another one. */
export function openedBy(box: SealedBox, sealed: Uint8Array): Buffer | null {
  try {
    return Buffer.from(box.open(sealed));
  } catch (error) {
    // The only way in which node:crypto says that a key is another one.
    if (error instanceof Error) return null;
    throw error;
  }
}
