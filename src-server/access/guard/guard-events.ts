import type { GuardEvent } from '../../../src-shared/guard.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import type { HourlyBudget } from '../../audit/hourly-budget.ts';
import type { Tx } from '../../db/database.ts';
import type { AuditRow } from '../../db/schema.ts';

/** An event this far ahead was told by a clock that nobody can go by. */
const CLOCK_SLACK_MS = 5 * 60_000;

/**
 * Writes into the audit log what a computer did with its guard while the server did not hear of it. Each event once,
 * however often it is told; what is from before the device, or from the future, is left out, and so is what is more in
 * an hour than a helper keeps.
 */
export async function recordGuardEvents(
  tx: Tx,
  budget: HourlyBudget,
  input: { deviceId: string; events: readonly GuardEvent[]; now: number },
): Promise<void> {
  const { deviceId, events, now } = input;
  const device = await tx
    .selectFrom('device')
    .select(['member_id', 'created_at', 'guard_event_at'])
    .where('id', '=', deviceId)
    .executeTakeFirstOrThrow();
  let newest = device.guard_event_at;
  for (const { at, kind } of events) {
    const time = Date.parse(at);
    if (time <= newest || time < device.created_at || time > now + CLOCK_SLACK_MS) continue;
    if (budget.take(deviceId, 1, now) === 0) break;
    newest = time;
    await appendAudit(tx, {
      at: now,
      subject: `device:${deviceId}`,
      outcome: 'ok',
      // Who has root there is nobody that the server knows.
      actor: kind === 'released-by-root' ? 'anonymous' : `member:${device.member_id}`,
      ...wordsOf(kind, at),
    });
  }
  if (newest > device.guard_event_at)
    await tx.updateTable('device').set({ guard_event_at: newest }).where('id', '=', deviceId).execute();
}

/** `at`: on the computer's own clock. */
function wordsOf(
  kind: GuardEvent['kind'],
  at: string,
): Pick<AuditRow, 'action'> & { details: Record<string, unknown> } {
  if (kind === 'portal-opened') return { action: 'guard.portal-opened', details: { at } };
  return { action: 'guard.released', details: { at, by: kind === 'released-by-root' ? 'root' : 'user' } };
}
