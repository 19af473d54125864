import { appendAudit } from '../../audit/audit-log.ts';
import type { Tx } from '../../db/database.ts';

/** Somebody answered a challenge that is spent, expired, foreign, of an earlier epoch or for something else. */
export function auditDeadChallenge(
  tx: Tx,
  input: { challengeId: string; deviceId: string; actor: string; ip: string | null; now: number },
): Promise<void> {
  const { challengeId, deviceId, actor, ip, now } = input;
  return appendAudit(tx, {
    at: now,
    actor,
    action: 'proof.challenge',
    subject: `device:${deviceId}`,
    outcome: 'refused',
    ip,
    details: { challengeId },
  });
}
