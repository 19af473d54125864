import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import * as z from 'zod';
import type { Db, Tx } from '../db/database.ts';
import type { AuditRow } from '../db/schema.ts';
import { namesOf } from './audit-names.ts';

/** Rows for each write: others wait no longer than these take (about 15 ms). */
const SLICE_ROWS = 300;
export const HOUR_MS = 3_600_000;

const detailsJson = z.record(z.string(), z.unknown());

/**
 * The search over the audit log and its counts by hour. Rows are taken in when somebody looks, not when they are
 * written: a disconnect must not wait for an index. What is in the log is the truth; this can be made anew from it.
 */
export class AuditIndex {
  readonly #db: Db;
  #running: Promise<void> = Promise.resolve();
  #isStopping = false;

  constructor(db: Db) {
    this.#db = db;
  }

  /** Takes in every row that was written before the call. */
  catchUp(): Promise<void> {
    const next = this.#running.then(() => this.#takeAll());
    // A failure belongs to the caller who waits for it, not to the one after.
    this.#running = next.catch(() => undefined);
    return next;
  }

  /** The same for whom the newest rows are not worth a long wait: after `waitMs` it goes on alone. Never rejects. */
  async catchUpFor(waitMs: number, onError: (error: unknown) => void): Promise<void> {
    const enough = new AbortController();
    const taken = this.catchUp().catch(onError);
    await Promise.race([taken, sleep(waitMs, undefined, { signal: enough.signal }).catch(() => undefined)]);
    enough.abort();
  }

  /** Ends what is on its way; before the database is closed. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#running;
  }

  async #takeAll(): Promise<void> {
    while (!this.#isStopping) {
      const pending = await this.#pending();
      if (pending === 0) return;
      await this.#db.transaction().execute((tx) => takeSlice(tx));
      if (pending <= SLICE_ROWS) return;
      await nextTurn();
    }
  }

  async #pending(): Promise<number> {
    const { rows } = await sql<{ pending: number }>`
      select coalesce((select max(seq) from audit), 0) - seq as pending from audit_indexed`.execute(this.#db);
    return rows[0]?.pending ?? 0;
  }
}

async function takeSlice(tx: Tx): Promise<void> {
  const { seq } = await tx.selectFrom('audit_indexed').select('seq').executeTakeFirstOrThrow();
  const rows = await tx
    .selectFrom('audit')
    .selectAll()
    .where('seq', '>', seq)
    .orderBy('seq')
    .limit(SLICE_ROWS)
    .execute();
  const last = rows.at(-1);
  if (!last) return;
  const names = await namesOf(tx, rows);
  const counts = new Map<string, { hour: number; action: string; outcome: string; count: number }>();
  for (const row of rows) {
    await sql`insert into audit_search (rowid, actor, action, subject, outcome, words) values
      (${row.seq}, ${row.actor}, ${row.action}, ${row.subject}, ${row.outcome}, ${wordsOf(row, names)})`.execute(
      tx,
    );
    const hour = Math.floor(row.at / HOUR_MS) * HOUR_MS;
    const key = JSON.stringify([hour, row.action, row.outcome]);
    const counted = counts.get(key) ?? { hour, action: row.action, outcome: row.outcome, count: 0 };
    counted.count++;
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
  await tx.updateTable('audit_indexed').set({ seq: last.seq }).execute();
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
