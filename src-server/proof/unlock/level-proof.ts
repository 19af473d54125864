import type { LevelProof } from '../../../src-shared/challenge.ts';
import type { Policy } from '../../../src-shared/policy.ts';
import { type Problem, problem } from '../../../src-shared/problem.ts';
import type { ServerContext } from '../../context.ts';
import type { Tx } from '../../db/database.ts';
import type { DeviceRow } from '../../db/schema.ts';
import { issueChallenge, type OpenChallenge } from '../challenge/challenge-store.ts';
import { type BackupCodeMatch, checkTotp, spendBackupCode } from '../mfa/code-check.ts';
import { codeAccepted, graceGiven } from './accepted-proof.ts';
import { checkUnlock, type UnlockOutcome } from './check-unlock.ts';
import type { ExaminedProof } from './examine-proof.ts';
import { enrolledMethods, unlockDetails } from './unlock-state.ts';

export interface LevelProofInput {
  device: DeviceRow;
  policy: Policy;
  levelProof: LevelProof;
  /** That the assertion answers; a code needs none. */
  challenge: OpenChallenge | null;
  /** A backup code that was found right before this transaction. */
  backupCode: BackupCodeMatch | null;
  /** An assertion whose signature was looked at before it. */
  examined: ExaminedProof | null;
  actor: string;
  ip: string | null;
}

/**
 * Whether the person may change how this device is unlocked: a code (level B) or hardware (level A). A one-time password
 * counts for the next connection too, as that of a sign-in does.
 */
export async function checkLevelProof(
  tx: Tx,
  ctx: ServerContext,
  input: LevelProofInput,
): Promise<UnlockOutcome> {
  const { device, policy, levelProof, challenge, actor, ip } = input;
  const now = ctx.now();
  const memberId = device.member_id;
  switch (levelProof.method) {
    case 'totp': {
      const outcome = await checkTotp(tx, ctx, { memberId, code: levelProof.code, actor, ip });
      if (!outcome.ok) return outcome;
      const grace = graceGiven(device, policy.signInGraceSeconds * 1000, now);
      return { ok: true, accepted: { ...codeAccepted(now), ...grace } };
    }
    case 'backup-code': {
      if (!input.backupCode) return { ok: false, problem: problem('invalid-code') };
      const outcome = await spendBackupCode(tx, ctx, { memberId, actor, ip }, input.backupCode);
      return outcome.ok ? { ok: true, accepted: codeAccepted(now) } : outcome;
    }
    case 'uv-hw': {
      if (!challenge) return refusedWith(await askForLevelProof(tx, device, policy, now, 'step-up-required'));
      const methods = hardwareOf(device, policy);
      const outcome = await checkUnlock(tx, ctx, {
        device,
        challenge,
        methods,
        proof: levelProof,
        examined: input.examined,
        actor,
        ip,
      });
      if (outcome.ok) return outcome;
      const fresh = await levelChallenge(tx, device, policy, now);
      return refusedWith({ ...outcome.problem, challenge: fresh });
    }
  }
}

/** The question for a level proof; its nonce is also what a new credential is registered over. */
export async function askForLevelProof(
  tx: Tx,
  device: DeviceRow,
  policy: Policy,
  now: number,
  code: 'step-up-required' | 'challenge-invalid' | 'unlock-refused',
): Promise<Problem> {
  const challenge = await levelChallenge(tx, device, policy, now);
  const detail =
    code === 'step-up-required' ? 'Enter a code to change how this device is unlocked.' : undefined;
  return problem(code, detail, { challenge, isProofSpent: false });
}

function levelChallenge(tx: Tx, device: DeviceRow, policy: Policy, now: number) {
  const unlockMethods = hardwareOf(device, policy);
  return issueChallenge(tx, {
    deviceId: device.id,
    epoch: device.epoch,
    purpose: 'set-up',
    requires: ['totp'],
    unlockMethods,
    details: unlockDetails(device, unlockMethods, now),
    reason: null,
    now,
  });
}

/** Hardware is as good as a code, but not after too many wrong PINs: then only a code is. */
function hardwareOf(device: DeviceRow, policy: Policy): 'uv-hw'[] {
  if (device.is_code_demanded === 1) return [];
  return enrolledMethods(device, policy).filter((method) => method === 'uv-hw');
}

function refusedWith(refusal: Problem): UnlockOutcome {
  return { ok: false, problem: refusal };
}
