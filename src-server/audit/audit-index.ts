import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { type Selectable, sql } from 'kysely';
import * as z from 'zod';
import { inTurn } from '../../src-node/in-turn.ts';
import { inBackground } from '../db/background.ts';
import type { Db, Tx } from '../db/database.ts';
import { writeWhenFree } from '../db/later-writes.ts';
import type { AuditHourRow, AuditRow } from '../db/schema.ts';
import { newestAnchor, newestSeq } from './audit-log.ts';
import { namesOf } from './audit-names.ts';

/** Rows for each write: others wait no longer than these take (about 5 ms). */
const SLICE_ROWS = 50;
/** A log of so many rows that nobody has taken in yet begins with its newest row. */
const LONG_LOG_ROWS = 5_000;
export const HOUR_MS = 3_600_000;

const detailsJson = z.record(z.string(), z.unknown());

/** What the search cannot find yet. */
export interface IndexGap {
  rowsLeft: number;
  /** Rows from then on are found (milliseconds since 1970); null: the newest are not either. */
  completeSince: number | null;
}

/**
 * The search over the audit log and its counts by hour. Rows are taken in when somebody looks, not when they are
 * written: a disconnect must not wait for an index. What is in the log is the truth; this can be made anew from it, which
 * is done from the newest row backwards (`beginBackfill`), in slices between which everybody else has their turn.
 */
export class AuditIndex {
  readonly #db: Db;
  readonly #inTurn = inTurn();
  #backfill: Promise<void> | null = null;
  #isStopping = false;

  constructor(db: Db) {
    this.#db = db;
  }

  /** Takes in every row that was written before the call, but for those of a long past that are not yet. */
  catchUp(): Promise<void> {
    return this.#inTurn(() => this.#takeNew());
  }

  /** The same for whom the newest rows are not worth a long wait: after `waitMs` it goes on alone. Never rejects. */
  async catchUpFor(waitMs: number, onError: (error: unknown) => void): Promise<void> {
    const enough = new AbortController();
    const taken = this.catchUp().catch(onError);
    await Promise.race([taken, sleep(waitMs, undefined, { signal: enough.signal }).catch(() => undefined)]);
    enough.abort();
  }

  /** Goes on taking in the past, unless it is being done; ends when there is nothing left, or when this stops. */
  beginBackfill(): Promise<void> {
    this.#backfill ??= this.#takeOld().finally(() => {
      this.#backfill = null;
    });
    return this.#backfill;
  }

  /** Takes in everything that was written before the call: may take minutes. */
  async complete(): Promise<void> {
    await this.catchUp();
    await this.beginBackfill();
  }

  /** What of the rows since `from` (milliseconds since 1970; undefined: of all) is not found; null: nothing. */
  async gap(from: number | undefined): Promise<IndexGap | null> {
    const { seq, backfill_seq: backfill } = await marksOf(this.#db);
    const waiting = (await newestSeq(this.#db)) - seq;
    const anchor = await newestAnchor(this.#db);
    const old = Math.max(0, backfill - (anchor?.seq ?? 0));
    if (waiting > LONG_LOG_ROWS) return { rowsLeft: old + waiting, completeSince: null };
    if (old === 0) return null;
    const first = await this.#db
      .selectFrom('audit')
      .select('at')
      .where('seq', '>', backfill)
      .orderBy('seq')
      .limit(1)
      .executeTakeFirst();
    const completeSince = first?.at ?? null;
    const isBeside = from !== undefined && completeSince !== null && from >= completeSince + HOUR_MS;
    return isBeside ? null : { rowsLeft: old, completeSince };
  }

  /** Ends what is on its way; before the database is closed. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#inTurn(() => undefined);
    await this.#backfill?.catch(() => undefined);
  }

  async #takeNew(): Promise<void> {
    while (!this.#isStopping) {
      const newest = await newestSeq(this.#db);
      const { seq } = await marksOf(this.#db);
      if (seq === 0 && newest > LONG_LOG_ROWS) {
        await this.#write((tx) => beginAtTheNewest(tx, newest));
        continue;
      }
      if (newest === seq) return;
      await this.#write((tx) => takeSlice(tx, 'newer'));
      if (newest - seq <= SLICE_ROWS) return;
      await nextTurn();
    }
  }

  async #takeOld(): Promise<void> {
    while (!this.#isStopping) {
      const taken = await inBackground(this.#db, () => this.#write((tx) => takeSlice(tx, 'older')));
      if (!taken) return;
    }
  }

  /** Who looks for something must not wait for a program that writes, nor everybody for who looks. */
  #write<T>(slice: (tx: Tx) => Promise<T>): Promise<T | null> {
    return writeWhenFree(this.#db, slice, () => this.#isStopping);
  }
}

async function beginAtTheNewest(tx: Tx, newest: number): Promise<void> {
  await tx
    .updateTable('audit_indexed')
    .set({ seq: newest, backfill_seq: newest })
    .where('seq', '=', 0)
    .execute();
}

const marksOf = (db: Db | Tx) =>
  db.selectFrom('audit_indexed').select(['seq', 'backfill_seq']).executeTakeFirstOrThrow();

async function takeSlice(tx: Tx, which: 'newer' | 'older'): Promise<number> {
  const marks = await marksOf(tx);
  const wanted = tx.selectFrom('audit').selectAll().limit(SLICE_ROWS);
  const rows =
    which === 'newer'
      ? await wanted.where('seq', '>', marks.seq).orderBy('seq').execute()
      : (
          await wanted
            .where('seq', '<=', marks.backfill_seq)
            .where('seq', '>', (await newestAnchor(tx))?.seq ?? 0)
            .orderBy('seq', 'desc')
            .execute()
        ).reverse();
  const [first, last] = [rows[0], rows.at(-1)];
  if (!first || !last) {
    if (which === 'older' && marks.backfill_seq > 0)
      await tx.updateTable('audit_indexed').set({ backfill_seq: 0 }).execute();
    return 0;
  }
  const names = await namesOf(tx, rows);
  for (const row of rows)
    await sql`insert into audit_search (rowid, actor, action, subject, outcome, words) values
      (${row.seq}, ${row.actor}, ${row.action}, ${row.subject}, ${row.outcome}, ${wordsOf(row, names)})`.execute(
      tx,
    );
  await addCounts(tx, rows, 1);
  const moved = which === 'newer' ? { seq: last.seq } : { backfill_seq: first.seq - 1 };
  await tx.updateTable('audit_indexed').set(moved).execute();
  return rows.length;
}

/** Takes rows out that leave the log, in the transaction in which they do. */
export async function forgetRows(tx: Tx, rows: readonly IndexedRow[]): Promise<void> {
  const marks = await marksOf(tx);
  const indexed = rows.filter(({ seq }) => seq > marks.backfill_seq && seq <= marks.seq);
  for (const { seq } of indexed) await sql`delete from audit_search where rowid = ${seq}`.execute(tx);
  await addCounts(tx, indexed, -1);
}

type IndexedRow = Pick<Selectable<AuditRow>, 'seq' | 'at' | 'action' | 'outcome'>;

async function addCounts(tx: Tx, rows: readonly IndexedRow[], sign: 1 | -1): Promise<void> {
  const counts = new Map<string, AuditHourRow>();
  for (const { at, action, outcome } of rows) {
    const hour = Math.floor(at / HOUR_MS) * HOUR_MS;
    const key = JSON.stringify([hour, action, outcome]);
    const counted = counts.get(key) ?? { hour, action, outcome, count: 0 };
    counted.count += sign;
    counts.set(key, counted);
  }
  for (const counted of counts.values())
    await tx
      .insertInto('audit_hour')
      .values(counted)
      .onConflict((conflict) =>
        conflict
          .columns(['hour', 'action', 'outcome'])
          .doUpdateSet((eb) => ({ count: eb('audit_hour.count', '+', counted.count) })),
      )
      .execute();
  if (sign === 1) return;
  for (const { hour, action, outcome } of counts.values())
    await tx
      .deleteFrom('audit_hour')
      .where('hour', '=', hour)
      .where('action', '=', action)
      .where('outcome', '=', outcome)
      .where('count', '<=', 0)
      .execute();
}

/** What a person may look for: names and addresses as they were at that time, ids, and every value of the details. */
function wordsOf(
  row: Pick<AuditRow, 'actor' | 'action' | 'subject' | 'ip' | 'details_json'>,
  names: Map<string, string>,
): string {
  const details = JSON.stringify(Object.values(detailsJson.parse(JSON.parse(row.details_json))));
  const named = [row.actor, row.subject ?? ''].flatMap((id) => [
    id,
    id.slice(id.indexOf(':') + 1),
    names.get(id) ?? '',
  ]);
  return [...named, row.action, row.ip ?? '', details].join(' ');
}

/** The words of `text` as the index sees them: see its `tokenchars`. */
export function searchWords(text: string): string[] {
  return text.match(/[\p{L}\p{N}\p{M}.:_-]+/gu)?.filter((word) => /[\p{L}\p{N}]/u.test(word)) ?? [];
}
