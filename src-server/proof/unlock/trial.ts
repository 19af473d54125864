import type { UnlockCheckRequest } from '../../../src-shared/client-api.ts';
import type { Policy } from '../../../src-shared/policy.ts';
import { fail, ok, type Problem, problem, type Result } from '../../../src-shared/problem.ts';
import type { UnlockMethod } from '../../../src-shared/unlock.ts';
import type { ServerContext } from '../../context.ts';
import type { Tx } from '../../db/database.ts';
import type { DeviceRow } from '../../db/schema.ts';
import { type SessionIdentity, sessionEnd } from '../../http/session.ts';
import { issueChallenge, openChallenge, spendChallenge } from '../challenge/challenge-store.ts';
import { auditDeadChallenge } from '../challenge/dead-challenge.ts';
import { readPolicy } from '../policy/policy-store.ts';
import { checkUnlock } from './check-unlock.ts';
import { examineProof, isUnlockProof } from './examine-proof.ts';
import { deviceOf } from './set-up.ts';
import { enrolledMethods, unlockDetails } from './unlock-state.ts';

/**
 * Tries a way of unlocking without connecting: counted, audited and spent as at a connection, on a challenge that is
 * good for nothing else. Since nobody is let in, a soft unlock may be tried when its window is over, too.
 */
export async function tryUnlock(
  ctx: ServerContext,
  session: SessionIdentity,
  { challengeId, proof }: UnlockCheckRequest,
  ip: string,
): Promise<Result<void>> {
  const unlock = proof && isUnlockProof(proof) ? proof : null;
  if (proof && !unlock)
    return fail('invalid-request', 'proof.method: only a PIN or biometrics can be tried here');
  const actor = `member:${session.memberId}`;
  const { deviceId } = session;
  const examined =
    unlock && challengeId
      ? await examineProof(ctx.database.db, { deviceId, challengeId, proof: unlock })
      : null;
  return ctx.database.db.transaction().execute(async (tx): Promise<Result<void>> => {
    const refuse = (refusal: Problem): Result<void> => ({ ok: false, problem: refusal });
    const ended = await sessionEnd(tx, session.sessionId);
    if (ended) return refuse(ended);
    const now = ctx.now();
    const device = await deviceOf(tx, session.deviceId);
    const policy = await readPolicy(tx);
    const methods = enrolledMethods(device, policy);
    if (methods.length === 0) return refuse(problem('unlock-not-enrolled'));
    const ask = async (code: 'step-up-required' | 'challenge-invalid', detail?: string) =>
      refuse(problem(code, detail, { challenge: await trialChallenge(tx, device, methods, now) }));
    if (!challengeId || !unlock) return ask('step-up-required', 'Show how you unlock this device.');
    const binding = { deviceId: device.id, epoch: device.epoch, purpose: 'check' } as const;
    const challenge = await openChallenge(tx, { ...binding, challengeId, now });
    if (!challenge) {
      await auditDeadChallenge(tx, { challengeId, deviceId: device.id, actor, ip, now });
      return ask('challenge-invalid');
    }
    const checked = { device, challenge, methods, proof: unlock, examined, actor, ip };
    const outcome = await checkUnlock(tx, ctx, checked);
    if (!outcome.ok) return refuse(await withWayOn(tx, device, outcome.problem, now, policy));
    if (!(await spendChallenge(tx, challenge.id, now))) return ask('challenge-invalid');
    const patch = { ...outcome.accepted, last_seen_at: now };
    await tx.updateTable('device').set(patch).where('id', '=', device.id).execute();
    return ok(undefined);
  });
}

function trialChallenge(tx: Tx, device: DeviceRow, unlockMethods: UnlockMethod[], now: number) {
  return issueChallenge(tx, {
    deviceId: device.id,
    epoch: device.epoch,
    purpose: 'check',
    requires: ['unlock'],
    unlockMethods,
    details: unlockDetails(device, unlockMethods, now),
    reason: null,
    now,
  });
}

async function withWayOn(
  tx: Tx,
  { id }: DeviceRow,
  refusal: Problem,
  now: number,
  policy: Policy,
): Promise<Problem> {
  if (refusal.code !== 'unlock-refused' && refusal.code !== 'pin-removed') return refusal;
  const device = await deviceOf(tx, id);
  const methods = enrolledMethods(device, policy);
  if (methods.length === 0) return refusal;
  return { ...refusal, challenge: await trialChallenge(tx, device, methods, now) };
}
