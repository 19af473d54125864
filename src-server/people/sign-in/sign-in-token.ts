import { signInRequest } from '../../../src-shared/client-api.ts';
import type { Tx } from '../../db/database.ts';
import type { SessionRow, SignInTokenRow } from '../../db/schema.ts';
import { hashToken, newToken } from '../../tokens.ts';
import type { DeviceInput } from '../session/open-session.ts';

const LIFE_MS = { mfa: 5 * 60_000, setup: 15 * 60_000, password: 15 * 60_000 };
type Purpose = SignInTokenRow['purpose'];

/** What a sign-in has proven: its strongest proof, and the factor whose code or backup code it was. */
export interface SignInProof {
  method: SessionRow['method'];
  factorId: string | null;
}

export interface PendingSignIn {
  tokenHash: string;
  memberId: string;
  /** Of `password` alone; of the others, the password. */
  proof: SignInProof;
}
export interface SignInToken extends PendingSignIn {
  device: DeviceInput;
}

/** A token that stands for what was proven until the second factor is done or set up, or a new password is chosen. */
export async function issueSignInToken(
  tx: Tx,
  input: {
    memberId: string;
    /** Null on the panel, and only there. */
    device: DeviceInput | null;
    purpose: Purpose;
    proof?: SignInProof;
    now: number;
  },
): Promise<string> {
  const { memberId, device, purpose, proof, now } = input;
  const token = newToken();
  await tx
    .insertInto('sign_in_token')
    .values({
      token_hash: hashToken(token),
      member_id: memberId,
      purpose,
      device_json: JSON.stringify(device ?? {}),
      expires_at: now + LIFE_MS[purpose],
      used_at: null,
      surface: device ? 'client' : 'panel',
      method: proof?.method ?? null,
      factor_id: proof?.factorId ?? null,
    })
    .execute();
  return token;
}

interface TokenQuery {
  token: string;
  purpose: Purpose;
  now: number;
}

/** The token of a client if it is known, for this purpose, unexpired and unused. */
export async function findSignInToken(tx: Tx, query: TokenQuery): Promise<SignInToken | null> {
  const row = await find(tx, query, 'client');
  if (!row) return null;
  const device = signInRequest.shape.device.parse(JSON.parse(row.device_json));
  return { ...pendingOf(row), device };
}

/** The same for a token that the panel's sign-in has issued. */
export async function findPanelSignInToken(tx: Tx, query: TokenQuery): Promise<PendingSignIn | null> {
  const row = await find(tx, query, 'panel');
  return row ? pendingOf(row) : null;
}

function pendingOf(row: Omit<SignInTokenRow, 'surface'>): PendingSignIn {
  const proof = { method: row.method ?? 'password', factorId: row.factor_id } as const;
  return { tokenHash: row.token_hash, memberId: row.member_id, proof };
}

function find(tx: Tx, { token, purpose, now }: TokenQuery, surface: SignInTokenRow['surface']) {
  return tx
    .selectFrom('sign_in_token')
    .selectAll()
    .where('token_hash', '=', hashToken(token))
    .where('surface', '=', surface)
    .where('purpose', '=', purpose)
    .where('expires_at', '>', now)
    .where('used_at', 'is', null)
    .executeTakeFirst();
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
