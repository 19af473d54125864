import type { Db, Tx } from '../../db/database.ts';
import { hashToken, newId, newToken } from '../../tokens.ts';

/** A client that has not signed in for so long is a stranger again. */
export const TRUSTED_CLIENT_SECONDS = 180 * 86_400;
/** Each has failures of its own: whoever once was a member's guest has no more than these to guess with. */
const MOST_PER_MEMBER = 20;

/**
 * The device cookie of OWASP's scheme against lockout: a client or browser keeps a token from each sign-in that
 * succeeded, and wrong passwords of it are counted apart from those of strangers. It opens nothing: no password, no
 * code is spared by it. So it outlasts a new password, with which its owner has to get in while others guess.
 */
export async function trustClient(
  tx: Tx,
  input: {
    memberId: string;
    /** Null: a browser. */
    deviceId: string | null;
    /** What it came with: void from now on, where it is this member's. */
    presented: readonly string[];
    now: number;
  },
): Promise<string> {
  const { memberId, deviceId, presented, now } = input;
  await tx
    .deleteFrom('trusted_client')
    .where('member_id', '=', memberId)
    .where('token_hash', 'in', presented.map(hashToken))
    .execute();
  if (deviceId !== null) await distrustDevice(tx, deviceId);
  const token = newToken();
  await tx
    .insertInto('trusted_client')
    .values({
      id: newId(now),
      member_id: memberId,
      device_id: deviceId,
      token_hash: hashToken(token),
      last_used_at: now,
    })
    .execute();
  await dropOldest(tx, memberId, now);
  return token;
}

/** Whose tokens these are, of those that still count. */
export async function trustedClients(
  db: Db | Tx,
  tokens: readonly string[],
  now: number,
): Promise<{ id: string; member_id: string }[]> {
  if (tokens.length === 0) return [];
  return db
    .selectFrom('trusted_client')
    .select(['id', 'member_id'])
    .where('token_hash', 'in', tokens.map(hashToken))
    .where('last_used_at', '>', now - TRUSTED_CLIENT_SECONDS * 1000)
    .execute();
}

/** Those of the tokens that still count, whosever they are, in their order. */
export async function livingTrust(db: Db, tokens: readonly string[], now: number): Promise<string[]> {
  const living: string[] = [];
  for (const token of tokens) if ((await trustedClients(db, [token], now)).length > 0) living.push(token);
  return living;
}

/** A device that was removed is a stranger. */
export async function distrustDevice(tx: Tx, deviceId: string): Promise<void> {
  await tx.deleteFrom('trusted_client').where('device_id', '=', deviceId).execute();
}

async function dropOldest(tx: Tx, memberId: string, now: number): Promise<void> {
  const kept = tx
    .selectFrom('trusted_client')
    .select('id')
    .where('member_id', '=', memberId)
    .where('last_used_at', '>', now - TRUSTED_CLIENT_SECONDS * 1000)
    .orderBy('last_used_at', 'desc')
    .orderBy('id', 'desc')
    .limit(MOST_PER_MEMBER);
  await tx
    .deleteFrom('trusted_client')
    .where('member_id', '=', memberId)
    .where('id', 'not in', kept)
    .execute();
}
