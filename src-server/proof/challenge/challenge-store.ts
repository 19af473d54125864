import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import * as z from 'zod';
import { type Challenge, type Reason, type Requirement, requirement } from '../../../src-shared/challenge.ts';
import { type UnlockMethod, unlockMethod } from '../../../src-shared/unlock.ts';
import type { Tx } from '../../db/database.ts';
import { prepared } from '../../db/prepared.ts';
import type { ChallengePurpose, ChallengeRow } from '../../db/schema.ts';

const CHALLENGE_LIFE_MS = 5 * 60_000;
/** Unlock nonces live shorter: they are answered by a prompt, not by picking up a phone. */
const UNLOCK_CHALLENGE_LIFE_MS = 60_000;

export interface NewChallenge {
  requires: Requirement[];
  unlockMethods: UnlockMethod[];
  /** From `unlockDetails`. */
  details: Pick<Challenge, 'unlock'>;
  reason: Reason | null;
  now: number;
}

/** Whom a challenge is bound to, and what for. */
export interface ChallengeBinding {
  deviceId: string;
  epoch: number;
  purpose: ChallengePurpose;
}

/** A single-use challenge; it counts once `saveChallenge` has written it. */
export function makeChallenge({ requires, unlockMethods, details, reason, now }: NewChallenge): Challenge {
  const lifeMs = requires.includes('unlock') ? UNLOCK_CHALLENGE_LIFE_MS : CHALLENGE_LIFE_MS;
  return {
    id: uuidv7(),
    nonce: randomBytes(32).toString('base64url'),
    requires,
    unlockMethods,
    ...details,
    reason,
    expiresAt: new Date(now + lifeMs).toISOString(),
  };
}

export async function saveChallenge(
  tx: Tx,
  { deviceId, epoch, purpose }: ChallengeBinding,
  challenge: Challenge,
): Promise<void> {
  await insertChallenge(tx, {
    id: challenge.id,
    device_id: deviceId,
    epoch,
    nonce: challenge.nonce,
    requires_json: JSON.stringify(challenge.requires),
    unlock_methods_json: JSON.stringify(challenge.unlockMethods),
    reason_json: challenge.reason ? JSON.stringify(challenge.reason) : null,
    expires_at: Date.parse(challenge.expiresAt),
    purpose,
  });
}

type NewRow = { [K in keyof Omit<ChallengeRow, 'used_at'>]: ChallengeRow[K] };
const insertChallenge = prepared<NewRow, unknown>((db, param) =>
  db.insertInto('challenge').values({
    id: param('id'),
    device_id: param('device_id'),
    epoch: param('epoch'),
    nonce: param('nonce'),
    requires_json: param('requires_json'),
    unlock_methods_json: param('unlock_methods_json'),
    reason_json: param('reason_json'),
    expires_at: param('expires_at'),
    purpose: param('purpose'),
    used_at: null,
  }),
);

/** Makes and writes a challenge. */
export async function issueChallenge(tx: Tx, input: NewChallenge & ChallengeBinding): Promise<Challenge> {
  const challenge = makeChallenge(input);
  await saveChallenge(tx, input, challenge);
  return challenge;
}

/** A challenge that may still be answered. */
export interface OpenChallenge {
  id: string;
  nonce: string;
  requires: Requirement[];
  unlockMethods: UnlockMethod[];
}

/** The challenge if it is this device's, of this epoch and purpose, unexpired and unspent. */
export async function openChallenge(
  tx: Tx,
  input: ChallengeBinding & { challengeId: string; now: number },
): Promise<OpenChallenge | null> {
  const { challengeId, deviceId, epoch, purpose, now } = input;
  const { rows } = await findOpen(tx, { challengeId, deviceId, epoch, purpose, now });
  const [row] = rows;
  if (!row) return null;
  return {
    id: row.id,
    nonce: row.nonce,
    requires: z.array(requirement).parse(JSON.parse(row.requires_json)),
    unlockMethods: z.array(unlockMethod).parse(JSON.parse(row.unlock_methods_json)),
  };
}

/** Spends the challenge by one conditional write; false when somebody else was first. */
export async function spendChallenge(tx: Tx, challengeId: string, now: number): Promise<boolean> {
  const { numAffectedRows } = await spend(tx, { challengeId, now });
  return numAffectedRows === 1n;
}

const findOpen = prepared<
  { challengeId: string; deviceId: string; epoch: number; purpose: ChallengePurpose; now: number },
  Pick<ChallengeRow, 'id' | 'nonce' | 'requires_json' | 'unlock_methods_json'>
>((db, param) =>
  db
    .selectFrom('challenge')
    .select(['id', 'nonce', 'requires_json', 'unlock_methods_json'])
    .where('id', '=', param('challengeId'))
    .where('device_id', '=', param('deviceId'))
    .where('epoch', '=', param('epoch'))
    .where('purpose', '=', param('purpose'))
    .where('expires_at', '>', param('now'))
    .where('used_at', 'is', null),
);
const spend = prepared<{ challengeId: string; now: number }, unknown>((db, param) =>
  db
    .updateTable('challenge')
    .set({ used_at: param('now') })
    .where('id', '=', param('challengeId'))
    .where('used_at', 'is', null),
);
