import { reasonSchema } from '../../../src-shared/challenge.ts';
import { fail, ok, type Result } from '../../../src-shared/problem.ts';
import type { Tx } from '../../db/database.ts';
import type { FactorRow } from '../../db/schema.ts';

/** So long may a set-up take, from its secret to its first code. */
const SET_UP_MS = 10 * 60_000;

/**
 * The factor that is being set up. `not-found` for one that was never begun, took too long, or was begun before access of
 * this member was last ended: whoever was thrown out must not come back in with a secret from before.
 */
export async function pendingFactor(
  tx: Tx,
  { memberId, factorId, now }: { memberId: string; factorId: string; now: number },
): Promise<Result<Pick<FactorRow, 'secret_sealed'>>> {
  const factor = await tx
    .selectFrom('factor')
    .selectAll()
    .where('id', '=', factorId)
    .where('member_id', '=', memberId)
    .where('state', '=', 'pending')
    .executeTakeFirst();
  const isAlive =
    factor &&
    factor.created_at > now - SET_UP_MS &&
    factor.created_at > (await lastEndOfAccess(tx, memberId));
  return isAlive ? ok(factor) : fail('not-found', 'That set-up has expired. Start it again.');
}

/** What is being set up, and no code has confirmed, counts no more. */
export async function endPendingFactors(tx: Tx, memberId: string): Promise<void> {
  await tx
    .updateTable('factor')
    .set({ state: 'ended' })
    .where('member_id', '=', memberId)
    .where('state', '=', 'pending')
    .execute();
}

/**
 * When access of one of the member's devices was last ended, in milliseconds since 1970, if that device has not given a
 * fresh proof since; 0 for never.
 */
export async function lastEndOfAccess(tx: Tx, memberId: string): Promise<number> {
  const devices = await tx
    .selectFrom('device')
    .select('gate_reason_json')
    .where('member_id', '=', memberId)
    .where('removed_at', 'is', null)
    .execute();
  return Math.max(0, ...devices.map(({ gate_reason_json }) => endedAt(gate_reason_json)));
}

/** The first factor may be set up without the password for this long after the sign-in that just asked for it. */
const FRESH_SIGN_IN_MS = 10 * 60_000;

/**
 * Whether a session was made a moment ago and after access was last ended (`lastEnd`): a member without a factor who was
 * thrown out must not pass the gate with one that was made from the old session. Milliseconds since 1970.
 */
export function isFreshSignIn({
  createdAt,
  lastEnd,
  now,
}: {
  createdAt: number;
  lastEnd: number;
  now: number;
}): boolean {
  return createdAt > now - FRESH_SIGN_IN_MS && createdAt > lastEnd;
}

/** When the access was ended that `gate_reason_json` of a device tells of, milliseconds since 1970; 0 where none was. */
export function endedAt(gateReasonJson: string | null): number {
  return gateReasonJson === null ? 0 : Date.parse(reasonSchema.parse(JSON.parse(gateReasonJson)).at);
}
