import type { KnownReason } from '../../../src-shared/challenge.ts';
import { type Problem, problem } from '../../../src-shared/problem.ts';
import { appendOnceAnHour } from '../../audit/once-an-hour.ts';
import type { Tx } from '../../db/database.ts';
import type { DeviceRow } from '../../db/schema.ts';
import { type RecordedEnd, recordLeaseEnd } from '../enforcement/record-end.ts';

/** More ends of access than one device sees between a backup and its restore. */
const MOST_BEHIND = 10_000;
/** A restore moves epochs to its own time: what a computer knows from between it and a second one is of this size. */
const FIRST_RESTORE_MS = Date.UTC(2026, 0);
const CLOCK_SLACK_MS = 5 * 60_000;

interface CaughtUp {
  device: DeviceRow;
  /** A lease of before, whose gateway has to hear of its end. */
  ended: RecordedEnd | null;
}

/**
 * The device as it has to be to count again on its own computer, which has seen leases of `knownEpoch`. The record knows
 * of less only when it is an older copy: that a server was restored from a backup is in the audit log by this. It is an
 * end of access like any other: a lease ends, and what was proven counts no more. `invalid-request` where it is so far
 * ahead that only a client can have made it up.
 */
export async function catchUpEpoch(
  tx: Tx,
  device: DeviceRow,
  input: { knownEpoch: number | undefined; actor: string; ip: string | null; now: number },
): Promise<CaughtUp | Problem> {
  const { knownEpoch, actor, ip, now } = input;
  if (knownEpoch === undefined || knownEpoch <= device.epoch) return { device, ended: null };
  const isOfRestore = knownEpoch >= FIRST_RESTORE_MS && knownEpoch <= now + CLOCK_SLACK_MS;
  if (knownEpoch > device.epoch + MOST_BEHIND && !isOfRestore)
    return problem('invalid-request', `knownEpoch: more than ${MOST_BEHIND} ahead of this server's record`);
  const caughtUp = { epoch: knownEpoch + 1, soft_base_at: 0 };
  await tx.updateTable('device').set(caughtUp).where('id', '=', device.id).execute();
  const lease = await tx
    .selectFrom('lease')
    .select('id')
    .where('device_id', '=', device.id)
    .where('ended_at', 'is', null)
    .executeTakeFirst();
  const at = new Date(now).toISOString();
  const reason: KnownReason = { code: 'replaced', message: 'Of an older copy of the server’s record.', at };
  const ended = lease ? await recordLeaseEnd(tx, lease.id, { reason, actor, ip, now }) : null;
  await appendOnceAnHour(tx, {
    at: now,
    actor,
    action: 'device.epoch',
    subject: `device:${device.id}`,
    outcome: 'ok',
    ip,
    details: { from: device.epoch, knownEpoch },
  });
  return { device: { ...device, ...caughtUp }, ended };
}
