import { type ExpressionBuilder, sql } from 'kysely';
import { inBackground } from './background.ts';
import type { Db } from './database.ts';
import type { Schema } from './schema.ts';

/** How many days what is over stays in the database; 0: for ever. */
export interface Retention {
  endedSessionsDays: number;
  endedLeasesDays: number;
  endedFactorsDays: number;
  resetLinksDays: number;
  challengesDays: number;
  eventsDays: number;
  signInTokensDays: number;
}

const DAY_MS = 86_400_000;
/** Rows that go in one statement: a few milliseconds, since each of a lease lies in a dozen indices. */
const PURGED_AT_ONCE = 25;

type Purge = (db: Db, before: number) => { execute(): Promise<{ numDeletedRows: bigint }[]> };

/** What goes by each setting. Every one begins with the oldest, and ends with its limit. */
const purges: Record<Exclude<keyof Retention, 'endedSessionsDays'>, Purge[]> = {
  endedLeasesDays: [
    (db, before) =>
      db.deleteFrom('lease').where('id', 'in', (eb) =>
        eb
          .selectFrom('lease')
          .select('id')
          .where('begun_at', '<', before)
          .where('ended_at', '<', before)
          // Its gateway still has to confirm: the order to it is read from here.
          .where('enforced_at', 'is not', null)
          .orderBy('begun_at')
          .limit(PURGED_AT_ONCE),
      ),
  ],
  endedFactorsDays: [
    (db, before) =>
      db
        .deleteFrom('factor')
        .where('id', 'in', (eb) =>
          eb.selectFrom('factor').select('id').where('ended_at', '<', before).limit(PURGED_AT_ONCE),
        ),
    (db, before) =>
      db.deleteFrom('factor').where('id', 'in', (eb) =>
        eb
          .selectFrom('factor')
          .select('id')
          // Written out: only so is it known to fit the index.
          .where(sql<boolean>`state = 'pending'`)
          .where('created_at', '<', before)
          .limit(PURGED_AT_ONCE),
      ),
  ],
  resetLinksDays: [
    (db, before) =>
      db
        .deleteFrom('mfa_reset')
        .where('id', 'in', (eb) =>
          eb.selectFrom('mfa_reset').select('id').where('expires_at', '<', before).limit(PURGED_AT_ONCE),
        ),
  ],
  challengesDays: [
    (db, before) =>
      db
        .deleteFrom('challenge')
        .where('id', 'in', (eb) =>
          eb.selectFrom('challenge').select('id').where('expires_at', '<', before).limit(PURGED_AT_ONCE),
        ),
  ],
  eventsDays: [
    (db, before) =>
      db
        .deleteFrom('event')
        .where((eb) =>
          eb(
            sql<number>`rowid`,
            'in',
            eb
              .selectFrom('event')
              .select(sql<number>`rowid`.as('rowid'))
              .where('created_at', '<', before)
              .limit(PURGED_AT_ONCE),
          ),
        ),
  ],
  signInTokensDays: [
    (db, before) =>
      db
        .deleteFrom('sign_in_token')
        .where('token_hash', 'in', (eb) =>
          eb
            .selectFrom('sign_in_token')
            .select('token_hash')
            .where('expires_at', '<', before)
            .limit(PURGED_AT_ONCE),
        ),
  ],
};

/**
 * Of each member the session stays that says when they were seen last. So one does not begin with the oldest again and
 * again: there are as many that stay as there are members.
 */
async function purgeSessions(db: Db, before: number, isStopping: () => boolean): Promise<number> {
  const over = sql<number>`coalesce(ended_at, expires_at)`;
  const rowid = sql<number>`session.rowid`;
  let last = { over: Number.MIN_SAFE_INTEGER, rowid: 0 };
  let count = 0;
  while (!isStopping()) {
    const rows = await inBackground(db, async () => {
      const looked = await db
        .selectFrom('session')
        .select([over.as('over'), rowid.as('rowid')])
        .select((each) => each.exists(newerSession(each)).as('isOld'))
        .where(over, '<', before)
        .where(sql<boolean>`(${over}, ${rowid}) > (${last.over}, ${last.rowid})`)
        .orderBy(over)
        .orderBy(rowid)
        .limit(PURGED_AT_ONCE)
        .execute();
      const old = looked.flatMap((row) => (row.isOld ? [row.rowid] : []));
      if (old.length > 0) await db.deleteFrom('session').where(rowid, 'in', old).execute();
      count += old.length;
      return looked;
    });
    last = rows.at(-1) ?? last;
    if (rows.length < PURGED_AT_ONCE) break;
  }
  return count;
}

function newerSession(eb: ExpressionBuilder<Schema, 'session'>) {
  return eb
    .selectFrom('session as newer')
    .select('newer.id')
    .whereRef('newer.member_id', '=', 'session.member_id')
    .whereRef('newer.last_used_at', '>', 'session.last_used_at');
}

/**
 * Deletes what has been over for longer than it is kept, in slices between which everybody else has their turn. Answers
 * how many rows went by each setting.
 */
export async function purgePast(
  db: Db,
  retention: Retention,
  now: number,
  isStopping: () => boolean = () => false,
): Promise<Partial<Record<keyof Retention, number>>> {
  const purged: Partial<Record<keyof Retention, number>> = {};
  const { endedSessionsDays } = retention;
  if (endedSessionsDays > 0) {
    const count = await purgeSessions(db, now - endedSessionsDays * DAY_MS, isStopping);
    if (count > 0) purged.endedSessionsDays = count;
  }
  for (const [setting, some] of Object.entries(purges) as [keyof typeof purges, Purge[]][]) {
    const days = retention[setting];
    if (days === 0) continue;
    for (const purge of some) {
      const count = await inSlices(db, () => purge(db, now - days * DAY_MS).execute(), isStopping);
      if (count > 0) purged[setting] = (purged[setting] ?? 0) + count;
    }
  }
  return purged;
}

async function inSlices(
  db: Db,
  slice: () => Promise<{ numDeletedRows: bigint }[]>,
  isStopping: () => boolean,
): Promise<number> {
  let count = 0;
  while (!isStopping()) {
    const [result] = await inBackground(db, slice);
    const deleted = Number(result?.numDeletedRows ?? 0n);
    count += deleted;
    if (deleted < PURGED_AT_ONCE) return count;
  }
  return count;
}
