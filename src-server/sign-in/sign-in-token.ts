import { signInRequest } from '../../src-shared/client-api.ts';
import type { Tx } from '../db/database.ts';
import type { DeviceInput } from '../session/open-session.ts';
import { hashToken, newToken } from '../tokens.ts';

const LIFE_MS = { mfa: 5 * 60_000, setup: 15 * 60_000 };
type Purpose = keyof typeof LIFE_MS;

export interface SignInToken {
  tokenHash: string;
  memberId: string;
  device: DeviceInput;
}

/** A token that stands for "the password was right" until the second factor is done or set up. */
export async function issueSignInToken(
  tx: Tx,
  input: { memberId: string; device: DeviceInput; purpose: Purpose; now: number },
): Promise<string> {
  const { memberId, device, purpose, now } = input;
  await tx.deleteFrom('sign_in_token').where('expires_at', '<', now).execute();
  const token = newToken();
  await tx
    .insertInto('sign_in_token')
    .values({
      token_hash: hashToken(token),
      member_id: memberId,
      purpose,
      device_json: JSON.stringify(device),
      expires_at: now + LIFE_MS[purpose],
      used_at: null,
    })
    .execute();
  return token;
}

/** The token if it is known, for this purpose, unexpired and unused. */
export async function findSignInToken(
  tx: Tx,
  input: { token: string; purpose: Purpose; now: number },
): Promise<SignInToken | null> {
  const row = await tx
    .selectFrom('sign_in_token')
    .select(['token_hash', 'member_id', 'device_json'])
    .where('token_hash', '=', hashToken(input.token))
    .where('purpose', '=', input.purpose)
    .where('expires_at', '>', input.now)
    .where('used_at', 'is', null)
    .executeTakeFirst();
  if (!row) return null;
  const device = signInRequest.shape.device.parse(JSON.parse(row.device_json));
  return { tokenHash: row.token_hash, memberId: row.member_id, device };
}

/** Spends the token by one conditional write; false when somebody else was first. */
export async function spendSignInToken(tx: Tx, tokenHash: string, now: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('sign_in_token')
    .set({ used_at: now })
    .where('token_hash', '=', tokenHash)
    .where('used_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}
