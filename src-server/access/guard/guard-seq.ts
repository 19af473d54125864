import type { Db, Tx } from '../../db/database.ts';
import { prepared } from '../../db/prepared.ts';

/** By device: the newest seq that was given to a read and is not written down yet. */
const given = new Map<string, number>();

type Asked = { id: string; now: number };

/**
 * The next seq of the device's guards, written down in this transaction: it only ever rises, also when the clock was set
 * back.
 */
export async function takeGuardSeq(tx: Tx, { id, now }: Asked): Promise<number> {
  const { rows } = await raise(tx, { id, least: Math.max(now, (given.get(id) ?? -1) + 1) });
  return seqOf(rows, id);
}

/** The same for a read, which takes no write lock: to be written down by `keepGuardSeq` a moment later. */
export async function lendGuardSeq(db: Db | Tx, { id, now }: Asked): Promise<number> {
  const { rows } = await stored(db, { id });
  const seq = Math.max(now, seqOf(rows, id) + 1, (given.get(id) ?? -1) + 1);
  given.set(id, seq);
  return seq;
}

/** Whether the device was lent a seq that the record does not know yet. */
export function isGuardSeqLent(id: string): boolean {
  return given.has(id);
}

/** Writes down what was lent. */
export async function keepGuardSeq(tx: Tx, { id, seq }: { id: string; seq: number }): Promise<void> {
  await keep(tx, { id, seq });
  if (given.get(id) === seq) given.delete(id);
}

function seqOf([device]: { guard_seq: number }[], id: string): number {
  if (!device) throw new Error(`no device ${id}`);
  return device.guard_seq;
}

const stored = prepared<{ id: string }, { guard_seq: number }>((db, param) =>
  db.selectFrom('device').select('guard_seq').where('id', '=', param('id')),
);
const raise = prepared<{ id: string; least: number }, { guard_seq: number }>((db, param) =>
  db
    .updateTable('device')
    .set((eb) => ({ guard_seq: eb.fn<number>('max', [eb('guard_seq', '+', 1), eb.val(param('least'))]) }))
    .where('id', '=', param('id'))
    .returning('guard_seq'),
);
const keep = prepared<{ id: string; seq: number }, unknown>((db, param) =>
  db
    .updateTable('device')
    .set((eb) => ({ guard_seq: eb.fn<number>('max', ['guard_seq', eb.val(param('seq'))]) }))
    .where('id', '=', param('id')),
);
