import { type Challenge, type Proof, type Reason, reasonSchema } from '../../../src-shared/challenge.ts';
import type { Policy } from '../../../src-shared/policy.ts';
import { type Problem, problem } from '../../../src-shared/problem.ts';
import type { ServerContext } from '../../context.ts';
import type { Tx } from '../../db/database.ts';
import type { DeviceRow } from '../../db/schema.ts';
import { issueChallenge, openChallenge, spendChallenge } from '../../proof/challenge/challenge-store.ts';
import { auditDeadChallenge } from '../../proof/challenge/dead-challenge.ts';
import { type BackupCodeMatch, checkTotp, spendBackupCode } from '../../proof/mfa/code-check.ts';
import { type AcceptedProof, codeAccepted } from '../../proof/unlock/accepted-proof.ts';
import { checkUnlock } from '../../proof/unlock/check-unlock.ts';
import { type ExaminedProof, isUnlockProof } from '../../proof/unlock/examine-proof.ts';
import { type Needs, needsOf, unlockDetails } from '../../proof/unlock/unlock-state.ts';

export interface StepUpInput {
  device: DeviceRow;
  policy: Policy;
  challengeId: string | undefined;
  proofs: Proof[];
  /** A backup code that was found right for this very challenge before this transaction; it is not spent yet. */
  backupCode: BackupCodeMatch | null;
  /** The first unlock proof among them, as its signature was found before this transaction. */
  examined: ExaminedProof | null;
  actor: string;
  ip: string | null;
}

export type StepUpOutcome = { ok: true; accepted: AcceptedProof } | { ok: false; problem: Problem };

/** What a connect of this device would be asked for now, and why. */
export function stepUpOf(device: DeviceRow, policy: Policy, now: number): Needs & { reason: Reason | null } {
  const reason = device.gate_reason_json ? reasonSchema.parse(JSON.parse(device.gate_reason_json)) : null;
  return { ...needsOf(device, policy, now), reason };
}

/**
 * Decides whether the device may have a lease, in the transaction that would begin it. A refusal is a value, so that
 * the attempt that was charged stays charged. The unlock proof comes before the code: a wrong PIN burns no code. The
 * challenge is spent only by acceptance, once for all proofs; what acceptance writes into the device is the caller's.
 */
export async function checkStepUp(tx: Tx, ctx: ServerContext, input: StepUpInput): Promise<StepUpOutcome> {
  const { device, policy, challengeId, proofs, actor, ip } = input;
  const now = ctx.now();
  const { requires, unlockMethods, isGraceUsed } = needsOf(device, policy, now);
  const accepted: AcceptedProof = isGraceUsed ? { grace_until: 0 } : {};
  if (requires.length === 0) return { ok: true, accepted };
  const isCodeDue = requires.includes('totp');
  const isUnlockDue = requires.includes('unlock');

  const refuse = (refusal: Problem): StepUpOutcome => ({ ok: false, problem: refusal });
  const ask = async (code: 'step-up-required' | 'challenge-invalid') =>
    refuse(await askForProof(tx, device, policy, now, code));
  if (isUnlockDue && unlockMethods.length === 0) return refuse(problem('unlock-not-enrolled'));
  const code = proofs.find((proof) => proof.method === 'totp' || proof.method === 'backup-code');
  const unlock = proofs.find(isUnlockProof);
  if (!challengeId || (isCodeDue && !code) || (isUnlockDue && !unlock)) return ask('step-up-required');
  const binding = { deviceId: device.id, epoch: device.epoch, purpose: 'connect' } as const;
  const challenge = await openChallenge(tx, { ...binding, challengeId, now });
  if (!challenge) {
    await auditDeadChallenge(tx, { challengeId, deviceId: device.id, actor, ip, now });
    return ask('challenge-invalid');
  }
  if (isUnlockDue && unlock) {
    const { examined } = input;
    const checked = { device, challenge, methods: unlockMethods, proof: unlock, examined, actor, ip };
    const outcome = await checkUnlock(tx, ctx, checked);
    if (!outcome.ok) return refuse(await withWayOn(tx, device, policy, now, outcome.problem));
    Object.assign(accepted, outcome.accepted);
  }
  if (isCodeDue && code) {
    const memberId = device.member_id;
    if (code.method === 'totp') {
      const outcome = await checkTotp(tx, ctx, { memberId, code: code.code, actor, ip });
      if (!outcome.ok) return outcome;
    } else {
      if (!input.backupCode) return ask('challenge-invalid');
      const outcome = await spendBackupCode(tx, ctx, { memberId, actor, ip }, input.backupCode);
      if (!outcome.ok) return outcome;
    }
    Object.assign(accepted, codeAccepted(now));
  }
  return (await spendChallenge(tx, challengeId, now)) ? { ok: true, accepted } : ask('challenge-invalid');
}

/** A fresh challenge for what the device has to prove now, as the problem of this code. */
export async function askForProof(
  tx: Tx,
  device: DeviceRow,
  policy: Policy,
  now: number,
  code: 'step-up-required' | 'challenge-invalid',
): Promise<Problem> {
  const challenge = await newChallenge(tx, device, policy, now);
  if (!challenge) return problem('unlock-not-enrolled');
  const detail = code === 'step-up-required' ? challenge.reason?.message : undefined;
  return problem(code, detail, { challenge, epoch: device.epoch });
}

/** Null when an unlock is asked for and nothing that counts is set up. */
async function newChallenge(
  tx: Tx,
  device: DeviceRow,
  policy: Policy,
  now: number,
): Promise<Challenge | null> {
  const { requires, unlockMethods, reason } = stepUpOf(device, policy, now);
  if (requires.includes('unlock') && unlockMethods.length === 0) return null;
  return issueChallenge(tx, {
    deviceId: device.id,
    epoch: device.epoch,
    purpose: 'connect',
    requires,
    unlockMethods,
    details: unlockDetails(device, unlockMethods, now),
    reason,
    now,
  });
}

/** A refused proof gets a new question; a PIN that is gone does when another way is left. The rest may be corrected. */
async function withWayOn(
  tx: Tx,
  { id }: DeviceRow,
  policy: Policy,
  now: number,
  refusal: Problem,
): Promise<Problem> {
  if (refusal.code !== 'unlock-refused' && refusal.code !== 'pin-removed') return refusal;
  const device = await tx.selectFrom('device').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  const challenge = await newChallenge(tx, device, policy, now);
  return challenge ? { ...refusal, challenge } : refusal;
}
