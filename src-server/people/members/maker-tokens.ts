import { fail, ok, type Result } from '../../../src-shared/problem.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import type { ServerContext } from '../../context.ts';
import type { Db, Tx } from '../../db/database.ts';
import type { ApiTokenRow, MemberRow } from '../../db/schema.ts';
import { personText, type TeamActor, tellOwnersOf } from './owner-notices.ts';

/** Why the tokens of whoever made them end. */
export type MakerEnd = Exclude<ApiTokenRow['end_reason'], 'revoked' | null>;

const MEMBER = 'member:';
/** What `made_by` says of a member. */
const makerOf = (memberId: string): string => `${MEMBER}${memberId}`;

/** As of now; null: nobody knows the member any more. */
type Maker = Pick<MemberRow, 'role' | 'is_blocked'> | null;

/**
 * Whether who made a token may make tokens now, and so stands for it: an administrator who is not blocked. What is not of
 * a member was made on the server's own machine.
 */
export function standsForToken(madeBy: string, maker: Maker): boolean {
  if (!madeBy.startsWith(MEMBER)) return true;
  return maker !== null && maker.role !== 'member' && maker.is_blocked === 0;
}

/** The API tokens that would end with this member: alive, and not kept; by name, a hundred at most. */
export function tokensOfMaker(
  db: Db | Tx,
  memberId: string,
  now: number,
): Promise<{ id: string; name: string }[]> {
  return db
    .selectFrom('api_token')
    .select(['id', 'name'])
    .where('made_by', '=', makerOf(memberId))
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .where('is_kept', '=', 0)
    .orderBy('name')
    .limit(100)
    .execute();
}

/**
 * A member who made API tokens leaves, is blocked or is no administrator any more: the tokens end, or are kept on
 * purpose, in the transaction of it. Audited one by one; owners are told by mail.
 */
export async function settleTokensOfMaker(
  tx: Tx,
  ctx: Pick<ServerContext, 'config' | 'keys' | 'now'>,
  by: TeamActor,
  { member, why, isKept }: { member: MemberRow; why: MakerEnd; isKept: boolean },
): Promise<{ count: number }> {
  const now = ctx.now();
  const tokens = await tokensOfMaker(tx, member.id, now);
  for (const { id } of tokens) {
    if (isKept) await keepToken(tx, { id, isKept, ...by, now });
    else await endToken(tx, { id, why, ...by, now });
  }
  // More than the list shows: all of them.
  const rest = tokens.length === 100 ? await settleTokensOfMaker(tx, ctx, by, { member, why, isKept }) : null;
  const names = tokens.map(({ name }) => name);
  if (names.length > 0)
    await tellOwnersOf(tx, ctx, by, { what: 'maker-tokens', member: personText(member), names, isKept, why });
  return { count: tokens.length + (rest?.count ?? 0) };
}

type By = Pick<TeamActor, 'actor' | 'ip'> & { now: number };

async function endToken(
  tx: Tx,
  { id, why, actor, ip, now }: By & { id: string; why: MakerEnd },
): Promise<void> {
  await tx
    .updateTable('api_token')
    .set({ revoked_at: now, end_reason: why })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .execute();
  const details = { why };
  const subject = `api-token:${id}`;
  await appendAudit(tx, { at: now, actor, ip, action: 'api-token.revoke', subject, outcome: 'ok', details });
}

/**
 * Has a token outlive whoever made it, or end with them again. `not-found` where it is not alive; `wrong-state` where its
 * maker is no administrator any more: it would be neither.
 */
export async function keepToken(
  tx: Tx,
  { id, isKept, actor, ip, now }: By & { id: string; isKept: boolean },
): Promise<Result<{ name: string; hasChanged: boolean }>> {
  const token = await tx
    .selectFrom('api_token')
    .select(['name', 'is_kept', 'made_by'])
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  if (!token) return fail('not-found', 'There is no such token, or it does not work any more.');
  const { name } = token;
  if ((token.is_kept === 1) === isKept) return ok({ name, hasChanged: false });
  if (!isKept && !(await mayMakeTokens(tx, token.made_by)))
    return fail('wrong-state', 'Whoever made this token is no administrator any more. Revoke it instead.');
  await tx
    .updateTable('api_token')
    .set({ is_kept: isKept ? 1 : 0 })
    .where('id', '=', id)
    .execute();
  const details = { isKept };
  const subject = `api-token:${id}`;
  await appendAudit(tx, { at: now, actor, ip, action: 'api-token.keep', subject, outcome: 'ok', details });
  return ok({ name, hasChanged: true });
}

async function mayMakeTokens(tx: Tx, madeBy: string): Promise<boolean> {
  const maker = await tx
    .selectFrom('member')
    .select(['role', 'is_blocked'])
    .where('id', '=', madeBy.slice(MEMBER.length))
    .executeTakeFirst();
  return standsForToken(madeBy, maker ?? null);
}
