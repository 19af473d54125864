import type { Enforcement } from '../../access/enforcement/enforcement.ts';
import type { GuardSource } from '../../access/guard/guard.ts';
import type { ServerContext } from '../../context.ts';
import { signOut } from '../../people/sign-in/sign-out.ts';
import type { PanelIdentity } from './panel-guard.ts';
import { endPanelSession } from './panel-session.ts';

/** Ends a living session of the member; of a client, as if it had signed out itself. False when there is none such. */
export async function endOwnSession(
  ctx: ServerContext,
  parts: { enforcement: Enforcement; guards: GuardSource },
  { memberId, ip }: PanelIdentity,
  sessionId: string,
): Promise<boolean> {
  const { db } = ctx.database;
  const session = await db
    .selectFrom('session')
    .select(['kind', 'device_id'])
    .where('id', '=', sessionId)
    .where('member_id', '=', memberId)
    .where('ended_at', 'is', null)
    .executeTakeFirst();
  if (!session) return false;
  if (session.device_id === null) {
    const input = { sessionId, memberId, ip, now: ctx.now(), reason: 'ended-by-member' };
    return db.transaction().execute((tx) => endPanelSession(tx, input));
  }
  await signOut(ctx, parts, { sessionId, memberId, deviceId: session.device_id }, ip);
  return true;
}
