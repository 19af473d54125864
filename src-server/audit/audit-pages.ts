import { type RawBuilder, type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../db/database.ts';
import type { AuditRow } from '../db/schema.ts';
import { HOUR_MS, searchWords } from './audit-index.ts';

export type StoredAudit = Selectable<AuditRow>;

/** What rows are wanted; all of it must fit. Times in milliseconds since 1970, `to` exclusive. */
export interface AuditFilter {
  search?: string | undefined;
  action?: string | undefined;
  actor?: string | undefined;
  subject?: string | undefined;
  /** Actor or subject is each of these: what somebody did, and what was done to them. */
  about?: readonly string[] | undefined;
  outcome?: string | undefined;
  from?: number | undefined;
  to?: number | undefined;
}

export interface AuditPage {
  /** Only rows with a lower, only rows with a higher `seq`. */
  before?: number | undefined;
  after?: number | undefined;
  order: 'asc' | 'desc';
  limit: number;
  offset?: number;
}

/** Rows lie in the order of their times, but for clocks that were set back by less than this. */
const CLOCK_SLACK_MS = HOUR_MS;

/** Whether the index decides what fits: `AuditIndex.catchUp` comes first then. Without, nobody waits for it. */
export const isIndexed = (filter: AuditFilter): boolean => matchOf(filter) !== null;

/** The rows of one page by `seq`. */
export async function readAuditPage(
  db: Db | Tx,
  filter: AuditFilter,
  page: AuditPage,
): Promise<StoredAudit[]> {
  const match = matchOf(filter);
  const seq = match === null ? sql.ref('audit.seq') : sql.ref('audit_search.rowid');
  // The index gives the rows in their order and stops at the limit; what is left out is never read.
  const source =
    match === null ? sql`audit` : sql`audit_search cross join audit on audit.seq = audit_search.rowid`;
  const { from, to } = filter;
  const [least, most] = await seqBounds(db, filter, page);
  const conditions: RawBuilder<unknown>[] = [
    ...(match === null ? [] : [sql`audit_search match ${match}`]),
    ...(least === null ? [] : [sql`${seq} >= ${least}`]),
    ...(most === null ? [] : [sql`${seq} <= ${most}`]),
    ...(from === undefined ? [] : [sql`audit.at >= ${from}`]),
    ...(to === undefined ? [] : [sql`audit.at < ${to}`]),
  ];
  const where = conditions.length > 0 ? sql`where ${sql.join(conditions, sql` and `)}` : sql``;
  const direction = page.order === 'asc' ? sql`asc` : sql`desc`;
  const { rows } = await sql<StoredAudit>`
    select audit.* from ${source} ${where}
    order by ${seq} ${direction} limit ${page.limit} offset ${page.offset ?? 0}`.execute(db);
  return rows;
}

/** Lowest and highest `seq` to look at (inclusive; null: no bound): the times as rows, so that none beside them is read. */
async function seqBounds(
  db: Db | Tx,
  { from, to }: AuditFilter,
  { before, after }: AuditPage,
): Promise<[number | null, number | null]> {
  const at = db.selectFrom('audit').select('seq').limit(1);
  const least: number[] = after === undefined ? [] : [after + 1];
  const most: number[] = before === undefined ? [] : [before - 1];
  if (from !== undefined) {
    const first = await at
      .where('at', '>=', from - CLOCK_SLACK_MS)
      .orderBy('at')
      .orderBy('seq')
      .executeTakeFirst();
    least.push(first?.seq ?? Number.MAX_SAFE_INTEGER);
  }
  if (to !== undefined) {
    const last = await at
      .where('at', '<', to + CLOCK_SLACK_MS)
      .orderBy('at', 'desc')
      .orderBy('seq', 'desc')
      .executeTakeFirst();
    most.push(last?.seq ?? 0);
  }
  return [least.length > 0 ? Math.max(...least) : null, most.length > 0 ? Math.min(...most) : null];
}

/** The query for FTS5 (https://sqlite.org/fts5.html#full_text_query_syntax); null when everything fits. */
function matchOf({ search, action, actor, subject, about, outcome }: AuditFilter): string | null {
  const exactly = Object.entries({ action, actor, subject, outcome }).flatMap(([column, value]) =>
    value === undefined ? [] : [`${column} : ${quoted(value)}`],
  );
  const concerns = (about ?? []).map((one) => `{actor subject} : ${quoted(one)}`);
  const words = searchWords(search ?? '').map((word) => `words : ${quoted(word)} *`);
  const terms = [...exactly, ...concerns, ...words];
  return terms.length > 0 ? terms.map((term) => `(${term})`).join(' AND ') : null;
}

/** A string of FTS5, whatever is in it; one without a word in it fits nothing. */
function quoted(word: string): string {
  return `"${/[\p{L}\p{N}]/u.test(word) ? word.replaceAll('"', '""').replaceAll('\0', ' ') : 'nothing:fits'}"`;
}
