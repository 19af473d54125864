import type { GuardClaims } from '../../../src-shared/guard.ts';
import type { Enforcement } from '../../access/enforcement/enforcement.ts';
import { type GuardSource, releasingGuard } from '../../access/guard/guard.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import type { ServerContext } from '../../context.ts';
import type { Db, Tx } from '../../db/database.ts';
import type { SessionIdentity } from '../../http/session.ts';

/**
 * Ends this session, the device's older ones, and in the same transaction its lease. Where the device has signed in anew
 * since, lease and tunnel are the newer session's: only what is older ends. Answers the guard with mode `off`, still to
 * be signed, where the device has signed out and was ever given one.
 */
export async function signOut(
  ctx: ServerContext,
  { enforcement, guards }: { enforcement: Enforcement; guards: GuardSource },
  { sessionId, memberId, deviceId }: Pick<SessionIdentity, 'sessionId' | 'memberId' | 'deviceId'>,
  ip: string | null,
  /** An administrator, where it is not the member. */
  other?: { actor: string },
): Promise<GuardClaims | null> {
  const now = ctx.now();
  const actor = other?.actor ?? `member:${memberId}`;
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
      details: { reason: other ? 'ended-by-administrator' : 'signed-out' },
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
  if (newer) {
    await db.transaction().execute(endSessions);
    return null;
  }
  let guard: GuardClaims | null = null;
  await enforcement.endAccess({
    scope: { deviceId },
    reason: {
      code: 'signed-out',
      message: other ? 'Your administrator ended this session.' : 'You signed out.',
      at: new Date(now).toISOString(),
    },
    actor,
    ip,
    signOut: true,
    also: async (tx) => {
      await endSessions(tx);
      guard = await releasingGuard(tx, guards, { deviceId, now });
    },
  });
  return guard;
}

const createdAt = (db: Db | Tx, sessionId: string) =>
  db.selectFrom('session').select('created_at').where('id', '=', sessionId);
