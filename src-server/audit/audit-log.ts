import { createHash } from 'node:crypto';
import type { Selectable } from 'kysely';
import type { Db, Tx } from '../db/database.ts';
import { prepared } from '../db/prepared.ts';
import type { AuditAnchorRow, AuditRow } from '../db/schema.ts';

/** One thing that happened. Never a code, a PIN or a token in any field. */
export interface AuditEntry {
  /** Milliseconds since 1970. */
  at: number;
  /** `member:<id>`, `api-token:<id>`, `gateway:<id>`, `cli`, `server`, or `anonymous`. */
  actor: string;
  /** `noun.verb`: `sign-in.password`, `proof.totp`, `lease.begin`, `lease.end`, `member.disconnect`, `policy.change`, … */
  action: string;
  /** `member:<id>`, `device:<id>`, `lease:<id>`, `gateway:<id>`. */
  subject?: string | null;
  outcome: 'ok' | 'refused' | 'failed';
  ip?: string | null;
  details?: Record<string, unknown>;
}

/** What the first row of a log follows from. */
export const GENESIS = '0'.repeat(64);

/** SHA-256 of everything that a row says, and of the hash of the one before it. */
export function hashRow(row: Omit<AuditRow, 'seq' | 'hash'>): string {
  const { prev_hash, at, actor, action, subject, outcome, ip, details_json } = row;
  const content = JSON.stringify([prev_hash, at, actor, action, subject, outcome, ip, details_json]);
  return createHash('sha256').update(content).digest('hex');
}

/** Appends a row that carries the hash of the one before it. Call it in the transaction of what it records. */
export async function appendAudit(tx: Tx, entry: AuditEntry): Promise<void> {
  const before = newestHash.get(tx) ?? (await lastHash(tx, {})).rows[0]?.hash ?? GENESIS;
  const row = {
    at: entry.at,
    actor: entry.actor,
    action: entry.action,
    subject: entry.subject ?? null,
    outcome: entry.outcome,
    ip: entry.ip ?? null,
    details_json: JSON.stringify(entry.details ?? {}),
    prev_hash: before,
  };
  const hash = hashRow(row);
  await insertRow(tx, { ...row, hash });
  newestHash.set(tx, hash);
}

/** Of what a transaction has written itself: it holds the write lock, so nobody comes in between. */
const newestHash = new WeakMap<Tx, string>();

const lastHash = prepared<Record<string, never>, { hash: string }>((db) =>
  db.selectFrom('audit').select('hash').orderBy('seq', 'desc').limit(1),
);

type NewRow = { [K in keyof Omit<AuditRow, 'seq'>]: AuditRow[K] };
const insertRow = prepared<NewRow, unknown>((db, param) =>
  db.insertInto('audit').values({
    at: param('at'),
    actor: param('actor'),
    action: param('action'),
    subject: param('subject'),
    outcome: param('outcome'),
    ip: param('ip'),
    details_json: param('details_json'),
    prev_hash: param('prev_hash'),
    hash: param('hash'),
  }),
);

/** One step for each slice of what was not archived; the last one says whether the chain holds. */
export async function* walkChain(
  db: Db,
  sliceRows: number,
): AsyncGenerator<{ rows: number; brokenAt: number | null }> {
  const anchor = await newestAnchor(db);
  let previous = anchor?.hash ?? GENESIS;
  let rows = 0;
  let after = anchor?.seq ?? 0;
  for (;;) {
    const slice = await db
      .selectFrom('audit')
      .selectAll()
      .where('seq', '>', after)
      .orderBy('seq')
      .limit(sliceRows)
      .execute();
    if (slice.length === 0) return;
    for (const row of slice) {
      if (row.prev_hash !== previous || row.hash !== hashRow(row)) {
        yield { rows, brokenAt: row.seq };
        return;
      }
      previous = row.hash;
      after = row.seq;
      rows++;
    }
    yield { rows, brokenAt: null };
  }
}

/** The newest `seq`; 0 in an empty log. */
export async function newestSeq(db: Db | Tx): Promise<number> {
  const { newest } = await db
    .selectFrom('audit')
    .select((eb) => eb.fn.max('seq').as('newest'))
    .executeTakeFirstOrThrow();
  return newest ?? 0;
}

/** Up to where the log was archived last; undefined when it never was. */
export function newestAnchor(db: Db | Tx): Promise<Selectable<AuditAnchorRow> | undefined> {
  return db.selectFrom('audit_anchor').selectAll().orderBy('seq', 'desc').limit(1).executeTakeFirst();
}

/** Walks what is not archived of the chain; `verifyAnchors` has the rest. `brokenAt` is the `seq` of the first row that does not follow from the one before it. */
export async function verifyAudit(db: Db): Promise<{ rows: number; brokenAt: number | null }> {
  let result: { rows: number; brokenAt: number | null } = { rows: 0, brokenAt: null };
  for await (const step of walkChain(db, 1000)) result = step;
  return result;
}
