import type { KnownReason } from '../../../src-shared/challenge.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import type { Db, Tx } from '../../db/database.ts';
import { prepared } from '../../db/prepared.ts';
import { activeFactor } from '../../proof/mfa/code-check.ts';
import { endPendingFactors } from '../../proof/mfa/pending-factor.ts';
import { readPolicy } from '../../proof/policy/policy-store.ts';

/**
 * Ends every Control Panel session of a member and each sign-in to it that is under way; from a client too, where an
 * authenticator is being set up or a new password chosen: what was proven before is worthless. Whoever comes with a cookie
 * of them is told `reason`. Answers how many sessions ended.
 */
export async function endPanelSessions(
  tx: Tx,
  { memberId, reason, now }: { memberId: string; reason: KnownReason; now: number },
): Promise<number> {
  const { rows } = await endSessions(tx, { memberId, now, reason: JSON.stringify(reason) });
  await dropSignIns(tx, { memberId });
  await endPendingFactors(tx, memberId);
  return rows.length;
}

/**
 * Ends one Control Panel session whose member has no second factor where the team requires one by now: the sign-in leads
 * to setting one up. Answers what its browser is told; null where the session may stay.
 */
export async function endWherePanelFactorIsDue(
  tx: Tx,
  { sessionId, memberId, ip, now }: { sessionId: string; memberId: string; ip: string; now: number },
): Promise<KnownReason | null> {
  if (!(await isPanelFactorDue(tx, memberId))) return null;
  const message = 'Your team now requires a second factor. Sign in again to set one up.';
  const reason: KnownReason = { code: 'mfa-required', message, at: new Date(now).toISOString() };
  await tx
    .updateTable('session')
    .set({ ended_at: now, end_reason_json: JSON.stringify(reason) })
    .where('id', '=', sessionId)
    .where('ended_at', 'is', null)
    .execute();
  const actor = `member:${memberId}`;
  const details = { reason: reason.code, sessionId };
  await appendAudit(tx, {
    at: now,
    actor,
    action: 'session.end',
    subject: actor,
    outcome: 'ok',
    ip,
    details,
  });
  return reason;
}

/** Whether the member has no second factor where the team requires one for the Control Panel. */
export async function isPanelFactorDue(db: Db | Tx, memberId: string): Promise<boolean> {
  if (!(await readPolicy(db)).mfaRequired.panel) return false;
  return (await activeFactor(db, memberId)) === undefined;
}

const endSessions = prepared<{ memberId: string; now: number; reason: string }, { id: string }>((db, param) =>
  db
    .updateTable('session')
    .set({ ended_at: param('now'), end_reason_json: param('reason') })
    .where('member_id', '=', param('memberId'))
    .where('kind', '=', 'panel')
    .where('ended_at', 'is', null)
    .returning('id'),
);
const dropSignIns = prepared<{ memberId: string }, unknown>((db, param) =>
  db
    .deleteFrom('sign_in_token')
    .where('member_id', '=', param('memberId'))
    .where((eb) => eb.or([eb('surface', '=', 'panel'), eb('purpose', '!=', 'mfa')])),
);
