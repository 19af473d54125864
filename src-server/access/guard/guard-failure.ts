import { appendOnceAnHour } from '../../audit/once-an-hour.ts';
import type { Tx } from '../../db/database.ts';

/** Of a device that says whether what should be held back on it is: `code` is why it is not, null that it is. */
export interface GuardReport {
  deviceId: string;
  memberId: string;
  code: string | null;
  now: number;
}

/** Notes it where it is another than before, and writes it into the audit log, each way once an hour. */
export async function noteGuardFailure(
  tx: Tx,
  { deviceId, memberId, code, now }: GuardReport,
): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('device')
    .set({ guard_failed: code })
    .where('id', '=', deviceId)
    .where('guard_failed', 'is distinct from', code)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) return;
  const entry = { at: now, actor: `member:${memberId}`, subject: `device:${deviceId}` };
  await appendOnceAnHour(
    tx,
    code === null
      ? { ...entry, action: 'guard.works-again', outcome: 'ok' }
      : { ...entry, action: 'guard.failed', outcome: 'failed', details: { why: code } },
  );
}
