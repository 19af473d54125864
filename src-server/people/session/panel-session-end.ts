import type { KnownReason } from '../../../src-shared/challenge.ts';
import type { Tx } from '../../db/database.ts';
import { prepared } from '../../db/prepared.ts';
import { endPendingFactors } from '../../proof/mfa/pending-factor.ts';

/**
 * Ends every Control Panel session of a member, each sign-in to it that has got no further than the password, and each
 * set-up of an authenticator that is under way, from a client too: what was proven before is worthless. Whoever comes with a cookie of them is told `reason`. Answers how many ended.
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
