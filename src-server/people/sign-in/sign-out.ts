import type { Enforcement } from '../../access/enforcement/enforcement.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import type { ServerContext } from '../../context.ts';
import type { SessionIdentity } from '../../http/session.ts';

/** Ends the sessions of the device and, in the same transaction, its lease. */
export async function signOut(
  ctx: ServerContext,
  enforcement: Enforcement,
  { memberId, deviceId }: Pick<SessionIdentity, 'memberId' | 'deviceId'>,
  ip: string | null,
): Promise<void> {
  const now = ctx.now();
  const actor = `member:${memberId}`;
  await enforcement.endAccess({
    scope: { deviceId },
    reason: { code: 'signed-out', message: 'You signed out.', at: new Date(now).toISOString() },
    actor,
    ip,
    signOut: true,
    also: async (tx) => {
      await tx
        .updateTable('session')
        .set({ ended_at: now })
        .where('device_id', '=', deviceId)
        .where('ended_at', 'is', null)
        .execute();
      await appendAudit(tx, {
        at: now,
        actor,
        action: 'session.end',
        subject: `device:${deviceId}`,
        outcome: 'ok',
        ip,
        details: { reason: 'signed-out' },
      });
    },
  });
}
