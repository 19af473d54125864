import type { Enforcement } from '../../access/enforcement/enforcement.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import type { ServerContext } from '../../context.ts';
import type { Db, Tx } from '../../db/database.ts';
import type { SessionIdentity } from '../../http/session.ts';

/**
 * Ends this session, the device's older ones, and in the same transaction its lease. Where the device has signed in anew
 * since, lease and tunnel are the newer session's: only what is older ends.
 */
export async function signOut(
  ctx: ServerContext,
  enforcement: Enforcement,
  { sessionId, memberId, deviceId }: Pick<SessionIdentity, 'sessionId' | 'memberId' | 'deviceId'>,
  ip: string | null,
): Promise<void> {
  const now = ctx.now();
  const actor = `member:${memberId}`;
  const { db } = ctx.database;
  const endSessions = async (tx: Tx): Promise<void> => {
    await tx
      .updateTable('session')
      .set({ ended_at: now })
      .where('device_id', '=', deviceId)
      .where('created_at', '<=', createdAt(tx, sessionId))
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
  };
  const newer = await db
    .selectFrom('session')
    .select('id')
    .where('device_id', '=', deviceId)
    .where('created_at', '>', createdAt(db, sessionId))
    .where('ended_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  if (newer) return db.transaction().execute(endSessions);
  await enforcement.endAccess({
    scope: { deviceId },
    reason: { code: 'signed-out', message: 'You signed out.', at: new Date(now).toISOString() },
    actor,
    ip,
    signOut: true,
    also: endSessions,
  });
}

const createdAt = (db: Db | Tx, sessionId: string) =>
  db.selectFrom('session').select('created_at').where('id', '=', sessionId);
