import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { Challenge, Reason, Requirement } from '../../src-shared/challenge.ts';
import type { Policy } from '../../src-shared/policy.ts';
import type { Tx } from '../db/database.ts';

const CHALLENGE_LIFE_MS = 5 * 60_000;
/** Unlock nonces live shorter: they are answered by a prompt, not by picking up a phone. */
const UNLOCK_CHALLENGE_LIFE_MS = 60_000;

/** What the policy asks of a device that brings nothing. */
export function requirementsOf(policy: Policy): Requirement[] {
  const requires: Requirement[] = [];
  if (policy.totpPriorConnection) requires.push('totp');
  if (policy.unlockPriorConnection) requires.push('unlock');
  return requires;
}

export interface NewChallenge {
  deviceId: string;
  epoch: number;
  requires: Requirement[];
  policy: Policy;
  reason: Reason | null;
  now: number;
}

/** A single-use challenge for a device in an epoch; it counts once `saveChallenge` has written it. */
export function makeChallenge({ requires, policy, reason, now }: NewChallenge): Challenge {
  const needsUnlock = requires.includes('unlock');
  const expiresAt = now + (needsUnlock ? UNLOCK_CHALLENGE_LIFE_MS : CHALLENGE_LIFE_MS);
  return {
    id: uuidv7(),
    nonce: randomBytes(32).toString('base64url'),
    requires,
    unlockMethods: needsUnlock ? policy.unlockMethods : [],
    reason,
    expiresAt: new Date(expiresAt).toISOString(),
  };
}

export async function saveChallenge(
  tx: Tx,
  { deviceId, epoch }: { deviceId: string; epoch: number },
  challenge: Challenge,
): Promise<void> {
  await tx
    .insertInto('challenge')
    .values({
      id: challenge.id,
      device_id: deviceId,
      epoch,
      nonce: challenge.nonce,
      requires_json: JSON.stringify(challenge.requires),
      unlock_methods_json: JSON.stringify(challenge.unlockMethods),
      reason_json: challenge.reason ? JSON.stringify(challenge.reason) : null,
      expires_at: Date.parse(challenge.expiresAt),
      used_at: null,
    })
    .execute();
}

/** Makes and writes a challenge. */
export async function issueChallenge(tx: Tx, input: NewChallenge): Promise<Challenge> {
  const challenge = makeChallenge(input);
  await saveChallenge(tx, input, challenge);
  return challenge;
}

/** Whether the challenge is this device's, of this epoch, unexpired and unspent. */
export async function isChallengeOpen(
  tx: Tx,
  input: { challengeId: string; deviceId: string; epoch: number; now: number },
): Promise<boolean> {
  const row = await tx
    .selectFrom('challenge')
    .select('id')
    .where('id', '=', input.challengeId)
    .where('device_id', '=', input.deviceId)
    .where('epoch', '=', input.epoch)
    .where('expires_at', '>', input.now)
    .where('used_at', 'is', null)
    .executeTakeFirst();
  return row !== undefined;
}

/** Spends the challenge by one conditional write; false when somebody else was first. */
export async function spendChallenge(tx: Tx, challengeId: string, now: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('challenge')
    .set({ used_at: now })
    .where('id', '=', challengeId)
    .where('used_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}
