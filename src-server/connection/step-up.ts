import {
  type Challenge,
  type Proof,
  type Reason,
  type Requirement,
  reasonSchema,
} from '../../src-shared/challenge.ts';
import type { Policy } from '../../src-shared/policy.ts';
import { type Problem, problem } from '../../src-shared/problem.ts';
import { appendAudit } from '../audit/audit-log.ts';
import {
  isChallengeOpen,
  issueChallenge,
  requirementsOf,
  spendChallenge,
} from '../challenge/challenge-store.ts';
import type { ServerContext } from '../context.ts';
import type { Tx } from '../db/database.ts';
import type { DeviceRow } from '../db/schema.ts';
import { checkTotp } from '../mfa/code-check.ts';

export interface StepUpInput {
  device: DeviceRow;
  policy: Policy;
  challengeId: string | undefined;
  proofs: Proof[];
  /** A backup code was checked and spent for this very challenge, before this transaction. */
  isBackupCodeAccepted: boolean;
  actor: string;
  ip: string | null;
}

/** Whether the TOTP of the sign-in still stands in for the next connection's. */
function hasGrace(device: DeviceRow, now: number): boolean {
  return device.grace_until > now && device.grace_epoch === device.epoch;
}

/** What a connect of this device would be asked for now. */
export function stepUpOf(
  device: DeviceRow,
  policy: Policy,
  now: number,
): { requires: Requirement[]; reason: Reason | null } {
  const requires = requirementsOf(policy).filter((need) => need !== 'totp' || !hasGrace(device, now));
  const reason = device.gate_reason_json ? reasonSchema.parse(JSON.parse(device.gate_reason_json)) : null;
  return { requires, reason };
}

/**
 * Decides whether the device may have a lease, in the transaction that would begin it: null, or the refusal. A
 * refusal is a value, so that the attempt that was charged stays charged. A challenge is spent only by acceptance.
 */
export async function checkStepUp(tx: Tx, ctx: ServerContext, input: StepUpInput): Promise<Problem | null> {
  const { device, policy, challengeId, proofs, actor, ip } = input;
  const now = ctx.now();
  const { requires, reason } = stepUpOf(device, policy, now);
  if (policy.totpPriorConnection && !requires.includes('totp'))
    await tx.updateTable('device').set({ grace_until: 0 }).where('id', '=', device.id).execute();
  if (requires.length === 0) return null;
  if (requires.includes('unlock')) return problem('unlock-not-enrolled');

  const ask = async (code: 'step-up-required' | 'challenge-invalid'): Promise<Problem> => {
    const challenge = await newChallenge(tx, { device, policy, requires, reason, now });
    return problem(code, code === 'step-up-required' ? reason?.message : undefined, { challenge });
  };
  const code = proofs.find((proof) => proof.method === 'totp' || proof.method === 'backup-code');
  if (!challengeId || !code) return ask('step-up-required');
  if (!(await isChallengeOpen(tx, { challengeId, deviceId: device.id, epoch: device.epoch, now }))) {
    await appendAudit(tx, {
      at: now,
      actor,
      action: 'proof.challenge',
      subject: `device:${device.id}`,
      outcome: 'refused',
      ip,
      details: { challengeId },
    });
    return ask('challenge-invalid');
  }
  if (code.method === 'totp') {
    const outcome = await checkTotp(tx, ctx, { memberId: device.member_id, code: code.code, actor, ip });
    if (!outcome.ok) return outcome.problem;
  } else if (!input.isBackupCodeAccepted) {
    return ask('challenge-invalid');
  }
  return (await spendChallenge(tx, challengeId, now)) ? null : ask('challenge-invalid');
}

function newChallenge(
  tx: Tx,
  input: { device: DeviceRow; policy: Policy; requires: Requirement[]; reason: Reason | null; now: number },
): Promise<Challenge> {
  return issueChallenge(tx, { ...input, deviceId: input.device.id, epoch: input.device.epoch });
}
