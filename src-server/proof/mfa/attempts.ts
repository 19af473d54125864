import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Db, Tx } from '../../db/database.ts';
import { prepared } from '../../db/prepared.ts';
import type { AttemptRow } from '../../db/schema.ts';

const FREE_FAILURES = 5;
const WINDOW_MS = 15 * 60_000;
const FIRST_WAIT_MS = 30_000;
const LONGEST_WAIT_MS = 3_600_000;

export type Charge =
  /** `attemptsLeft`: tries left before a wait. `waitMs`: the wait that now follows a failure. */
  | { ok: true; attemptsLeft: number; waitMs: number; failuresInRow: number }
  | { ok: false; retryAfterMs: number };

/**
 * Charges one attempt to `key` before anything is checked, or says how long to wait. Five in 15 minutes, then each
 * failure doubles the wait from 30 s up to 1 h; 15 quiet minutes after the last wait give five tries again. Kept in
 * the database, so that it holds across sessions, servers and restarts (NIST SP 800-63B §5.2.2).
 */
export async function chargeAttempt(tx: Tx, key: string, now: number): Promise<Charge> {
  const { rows } = await attemptOf(tx, { key });
  const [row] = rows;
  // A clock that was set back must not lock anybody out for longer than the longest wait.
  const blockedUntil = Math.min(row?.blocked_until ?? 0, now + LONGEST_WAIT_MS);
  if (blockedUntil > now) return { ok: false, retryAfterMs: blockedUntil - now };
  const isInWindow = row !== undefined && now - row.window_started_at < WINDOW_MS;
  const failures = isInWindow ? row.failures + 1 : 1;
  const failuresInRow = (row?.failures_in_row ?? 0) + 1;
  const waitMs = waitAfter(failures);
  const values = {
    failures,
    window_started_at: waitMs > 0 ? now + waitMs : isInWindow ? row.window_started_at : now,
    failures_in_row: failuresInRow,
    blocked_until: now + waitMs,
  };
  await writeAttempt(tx, { key, ...values });
  return { ok: true, attemptsLeft: Math.max(0, FREE_FAILURES - failures), waitMs, failuresInRow };
}

/** A success: nothing counts any more. */
export async function clearAttempts(tx: Tx, key: string): Promise<void> {
  await deleteAttempt(tx, { key });
}

const attemptOf = prepared<{ key: string }, AttemptRow>((db, param) =>
  db.selectFrom('attempt').selectAll().where('key', '=', param('key')),
);
const writeAttempt = prepared<{ [K in keyof AttemptRow]: AttemptRow[K] }, unknown>((db, param) => {
  const values = {
    failures: param('failures'),
    window_started_at: param('window_started_at'),
    failures_in_row: param('failures_in_row'),
    blocked_until: param('blocked_until'),
  };
  return db
    .insertInto('attempt')
    .values({ key: param('key'), ...values })
    .onConflict((conflict) => conflict.column('key').doUpdateSet(values));
});
const deleteAttempt = prepared<{ key: string }, unknown>((db, param) =>
  db.deleteFrom('attempt').where('key', '=', param('key')),
);

const KEEP_MS = 86_400_000;

/** Strangers say how many there are: so many are forgotten before others have their turn. */
const PURGED_AT_ONCE = 1_000;

/**
 * Forgets the failures of what does not last (accounts that do not exist, sessions, links) a day after the last. Those
 * of a member (`member:…`) stay: so many in a row disable a factor.
 */
export async function purgePassingAttempts(db: Db, now: number): Promise<void> {
  for (;;) {
    const { numAffectedRows = 0n } = await purgeSome(db, { before: now - KEEP_MS });
    if (numAffectedRows < BigInt(PURGED_AT_ONCE)) return;
    await nextTurn();
  }
}

const purgeSome = prepared<{ before: number }, unknown>((db, param) =>
  db.deleteFrom('attempt').where('key', 'in', (eb) =>
    eb
      .selectFrom('attempt')
      .select('key')
      .where('blocked_until', '<', param('before'))
      // Not by the range of keys: all strangers of today would be read for each thousand of yesterday.
      .where((row) => row(row.fn<string>('substr', ['key', row.lit(1), row.lit(7)]), '!=', 'member:'))
      .orderBy('blocked_until')
      .limit(PURGED_AT_ONCE),
  ),
);

function waitAfter(failures: number): number {
  if (failures < FREE_FAILURES) return 0;
  return Math.min(FIRST_WAIT_MS * 2 ** (failures - FREE_FAILURES), LONGEST_WAIT_MS);
}
