import { setImmediate as nextTurn } from 'node:timers/promises';
import * as z from 'zod';
import { networkOf } from '../client-address.ts';
import type { Db, Tx } from '../db/database.ts';
import { prepared } from '../db/prepared.ts';
import type { RefusalRow } from '../db/schema.ts';
import { HOUR_MS } from './audit-index.ts';
import { type AuditEntry, appendAudit } from './audit-log.ts';

/** Kinds of an hour that are told apart by the caller's address; beyond, only by what was refused and to whom. */
export const MOST_KINDS_AN_HOUR = 200;
/** A person who mistypes is no flood: so many refusals about somebody who is known are rows of their own. */
const OWN_ROWS_OF_KNOWN = 5;
const CLOSED_AT_ONCE = 50;

const detailsJson = z.record(z.string(), z.unknown());

/**
 * Records that a caller whom nobody knows was refused. The first of a kind (action, refusal, whom it is about, from
 * which address or /64) is a row of the log at once. What follows in the same hour is counted in the database, and is
 * one row with `count`, `first` and `last` when the hour is over (`closeRefusals`): whoever keeps trying, from however
 * many addresses, fills no disk. Call it in the transaction of what it records; a crash loses nothing of it.
 */
export async function appendRefusal(tx: Tx, entry: AuditEntry & { outcome: 'refused' }): Promise<void> {
  const hour = Math.floor(entry.at / HOUR_MS) * HOUR_MS;
  const own = entry.subject || entry.actor.startsWith('member:') ? OWN_ROWS_OF_KNOWN : 1;
  const { details = {}, ip = null, actor, action, subject = null } = entry;
  const network = ip === null ? null : networkOf(ip);
  const kind = [hour, action, actor, subject, details];
  let key = JSON.stringify([...kind, network]);
  if (!(await isKnown(tx, key)) && (await isHourFull(tx, hour))) key = JSON.stringify([...kind, 'others']);
  const { rows } = await take(tx, {
    ...{ key, hour, actor, action, subject, ip: key.endsWith('"others"]') ? null : ip, at: entry.at, own },
    details_json: JSON.stringify({ ...details, network: network === ip ? undefined : network }),
  });
  if (rows[0]?.count === 0) await appendAudit(tx, entry);
}

type Taken = Pick<RefusalRow, 'key' | 'hour' | 'actor' | 'action' | 'subject' | 'ip' | 'details_json'> & {
  at: number;
  own: number;
};
const take = prepared<Taken, Pick<RefusalRow, 'count'>>((db, param) =>
  db
    .insertInto('refusal')
    .values({
      key: param('key'),
      hour: param('hour'),
      actor: param('actor'),
      action: param('action'),
      subject: param('subject'),
      ip: param('ip'),
      details_json: param('details_json'),
      written: 1,
      count: 0,
      first_at: param('at'),
      last_at: param('at'),
    })
    .onConflict((conflict) =>
      conflict.column('key').doUpdateSet((eb) => {
        const isOwn = eb('refusal.written', '<', param('own'));
        const isFirst = eb.and([eb.not(isOwn), eb('refusal.count', '=', 0)]);
        return {
          written: eb
            .case()
            .when(isOwn)
            .then(eb('refusal.written', '+', 1))
            .else(eb.ref('refusal.written'))
            .end(),
          count: eb
            .case()
            .when(isOwn)
            .then(0)
            .else(eb('refusal.count', '+', 1))
            .end(),
          first_at: eb.case().when(isFirst).then(param('at')).else(eb.ref('refusal.first_at')).end(),
          last_at: param('at'),
        };
      }),
    )
    .returning('count'),
);

const byKey = prepared<{ key: string }, { key: string }>((db, param) =>
  db.selectFrom('refusal').select('key').where('key', '=', param('key')),
);
const isKnown = async (tx: Tx, key: string): Promise<boolean> => (await byKey(tx, { key })).rows.length > 0;

/** Reads no more than the limit. */
const kindBeyond = prepared<{ hour: number }, { hour: number }>((db, param) =>
  db
    .selectFrom('refusal')
    .select('hour')
    .where('hour', '=', param('hour'))
    .limit(1)
    .offset(MOST_KINDS_AN_HOUR - 1),
);
const isHourFull = async (tx: Tx, hour: number): Promise<boolean> =>
  (await kindBeyond(tx, { hour })).rows.length > 0;

/**
 * Makes rows of the log of what was counted in hours that are over by `now`, in slices; `isAll`: in this one too, since
 * the server stops. Answers how many rows it wrote.
 */
export async function closeRefusals(db: Db, now: number, { isAll = false } = {}): Promise<number> {
  const before = isAll ? Number.MAX_SAFE_INTEGER : Math.floor(now / HOUR_MS) * HOUR_MS;
  let written = 0;
  for (;;) {
    // Asked every few minutes: without the write lock first.
    if ((await countedBefore(db, before).limit(1).execute()).length === 0) return written;
    const closed = await db.transaction().execute((tx) => closeSome(tx, before, now));
    written += closed.written;
    if (closed.taken < CLOSED_AT_ONCE) return written;
    await nextTurn();
  }
}

const countedBefore = (db: Db | Tx, hour: number) =>
  db.selectFrom('refusal').selectAll().where('hour', '<', hour);

async function closeSome(tx: Tx, before: number, now: number): Promise<{ taken: number; written: number }> {
  const rows = await countedBefore(tx, before).orderBy('hour').limit(CLOSED_AT_ONCE).execute();
  const counted = rows.filter(({ count }) => count > 0);
  for (const { actor, action, subject, ip, details_json, count, first_at, last_at } of counted) {
    const [first, last] = [new Date(first_at).toISOString(), new Date(last_at).toISOString()];
    const details = { ...detailsJson.parse(JSON.parse(details_json)), count, first, last };
    await appendAudit(tx, { at: now, actor, action, subject, outcome: 'refused', ip, details });
  }
  if (rows.length > 0)
    await tx
      .deleteFrom('refusal')
      .where(
        'key',
        'in',
        rows.map(({ key }) => key),
      )
      .execute();
  return { taken: rows.length, written: counted.length };
}
