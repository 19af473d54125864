import type { KnownReason } from '../../../src-shared/challenge.ts';
import type { Policy } from '../../../src-shared/policy.ts';
import { type Problem, problem } from '../../../src-shared/problem.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import type { Tx } from '../../db/database.ts';
import type { DeviceRow } from '../../db/schema.ts';
import type { SessionIdentity } from '../../http/session.ts';
import { activeFactor } from '../../proof/mfa/code-check.ts';
import { needsOf } from '../../proof/unlock/unlock-state.ts';
import { type RecordedEnd, recordEnd } from '../enforcement/record-end.ts';

/** Said to whoever signed in before the team required a second factor. */
const FACTOR_DUE =
  'Your team now requires a second factor. Sign in again: you will be led through setting one up, or asked for a code.';

interface FactorDueInput {
  session: SessionIdentity;
  device: DeviceRow;
  policy: Policy;
  actor: string;
  ip: string | null;
  now: number;
}

/**
 * Ends a session that has given no second factor where the team requires one by now, in the transaction that would have
 * let it connect; null where there is nothing to end. A code that the connection is asked for anyway will do. Signing in
 * again leads to the set-up, or asks for the code.
 */
export async function endWhereFactorIsDue(
  tx: Tx,
  { session, device, policy, actor, ip, now }: FactorDueInput,
): Promise<{ refusal: Problem; ended: RecordedEnd } | null> {
  if (!policy.mfaRequired.client) return null;
  const isAsked = session.method !== 'password' || needsOf(device, policy, now).requires.includes('totp');
  if (isAsked && (await activeFactor(tx, session.memberId))) return null;
  const reason: KnownReason = { code: 'mfa-required', message: FACTOR_DUE, at: new Date(now).toISOString() };
  await tx
    .updateTable('session')
    .set({ ended_at: now })
    .where('device_id', '=', device.id)
    .where('ended_at', 'is', null)
    .execute();
  await appendAudit(tx, {
    at: now,
    actor,
    action: 'session.end',
    subject: `device:${device.id}`,
    outcome: 'ok',
    ip,
    details: { reason: reason.code },
  });
  const end = { scope: { deviceId: device.id }, reason, actor, ip, now, policy, signOut: true };
  return { refusal: problem('session-invalid', FACTOR_DUE, { reason }), ended: await recordEnd(tx, end) };
}
