import { type StoredFrame, serverFrame } from '../../../src-shared/client-channel.ts';
import type { Db, Tx } from '../../db/database.ts';
import { prepared } from '../../db/prepared.ts';

type WithoutSeq<F> = F extends unknown ? Omit<F, 'seq'> : never;

/** Gives the frame the device's next seq and keeps it until the device acks it. */
export async function storeEvent(
  tx: Tx,
  deviceId: string,
  frame: WithoutSeq<StoredFrame>,
  now: number,
): Promise<StoredFrame> {
  const { last_seq } = await tx
    .updateTable('device')
    .set((eb) => ({ last_seq: eb('last_seq', '+', 1) }))
    .where('id', '=', deviceId)
    .returning('last_seq')
    .executeTakeFirstOrThrow();
  const stored: StoredFrame = { ...frame, seq: last_seq };
  await insertEvent(tx, deviceId, stored, now);
  return stored;
}

/** Keeps a frame whose seq the caller took from the device's `last_seq`, and writes back, in this transaction. */
export async function insertEvent(tx: Tx, deviceId: string, frame: StoredFrame, now: number): Promise<void> {
  await insert(tx, { deviceId, seq: frame.seq, frame: JSON.stringify(frame), now });
}

const insert = prepared<{ deviceId: string; seq: number; frame: string; now: number }, unknown>((db, param) =>
  db.insertInto('event').values({
    device_id: param('deviceId'),
    seq: param('seq'),
    frame_json: param('frame'),
    created_at: param('now'),
  }),
);

/** The device's unacked frames after `seq`, oldest first. */
export async function eventsAfter(db: Db, deviceId: string, seq: number): Promise<StoredFrame[]> {
  const rows = await db
    .selectFrom('event')
    .select('frame_json')
    .where('device_id', '=', deviceId)
    .where('seq', '>', seq)
    .orderBy('seq')
    .execute();
  return rows.flatMap((row) => {
    const frame = serverFrame.parse(JSON.parse(row.frame_json));
    return 'seq' in frame && frame.type !== 'hello' ? [frame] : [];
  });
}

/**
 * The device has everything up to and including `seq`: these frames go, and the leases whose end they told say so. Where
 * there are none, nothing is written.
 */
export async function ackEvents(db: Db, deviceId: string, seq: number, now: number): Promise<void> {
  if ((await firstKept(db, { deviceId, seq })).rows.length === 0) return;
  await db.transaction().execute((tx) => takeEvents(tx, deviceId, seq, now));
}

const firstKept = prepared<{ deviceId: string; seq: number }, { seq: number }>((db, param) =>
  db
    .selectFrom('event')
    .select('seq')
    .where('device_id', '=', param('deviceId'))
    .where('seq', '<=', param('seq'))
    .limit(1),
);

async function takeEvents(tx: Tx, deviceId: string, seq: number, now: number): Promise<void> {
  const { rows } = await takeAcked(tx, { deviceId, seq });
  for (const { frame_json } of rows) {
    const { data: frame } = serverFrame.safeParse(JSON.parse(frame_json));
    if (frame?.type === 'disconnect' && frame.leaseId !== null)
      await noteNotified(tx, { leaseId: frame.leaseId, deviceId, now });
  }
}

const takeAcked = prepared<{ deviceId: string; seq: number }, { frame_json: string }>((db, param) =>
  db
    .deleteFrom('event')
    .where('device_id', '=', param('deviceId'))
    .where('seq', '<=', param('seq'))
    .returning('frame_json'),
);
const noteNotified = prepared<{ leaseId: string; deviceId: string; now: number }, unknown>((db, param) =>
  db
    .updateTable('lease')
    .set({ notified_at: param('now') })
    .where('id', '=', param('leaseId'))
    .where('device_id', '=', param('deviceId'))
    .where('notified_at', 'is', null),
);

/** Nothing that was stored for the device is sent any more. Its next frame goes on counting. */
export async function voidEvents(tx: Tx, deviceId: string): Promise<void> {
  await tx.deleteFrom('event').where('device_id', '=', deviceId).execute();
}
