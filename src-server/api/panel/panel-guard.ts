import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Reason } from '../../../src-shared/challenge.ts';
import type { MemberRole } from '../../../src-shared/member-role.ts';
import { BACKGROUND_HEADER, CSRF_HEADER } from '../../../src-shared/panel/session.ts';
import { fail, ok, type Result } from '../../../src-shared/problem.ts';
import type { ServerContext } from '../../context.ts';
import type { Db, Tx } from '../../db/database.ts';
import { defineCaller } from '../../http/caller.ts';
import { endWherePanelFactorIsDue, isPanelFactorDue } from '../../people/session/panel-session-end.ts';
import { isCsrfTokenOf, isRead } from './csrf.ts';
import {
  cookieFlags,
  findPanelSession,
  isLivePanelSession,
  PANEL_COOKIE,
  type PanelSessionRow,
  panelSessionEnd,
  touchPanelSession,
} from './panel-session.ts';

/** Who is asking, and with what kind of session. Rules ask this, never the page. */
export interface PanelIdentity {
  session: PanelSessionRow;
  memberId: string;
  role: MemberRole;
  /** As in `AuditEntry.actor`. */
  actor: string;
  ip: string;
}

const roleRank: Record<MemberRole, number> = { member: 0, administrator: 1, owner: 2 };
export const hasRole = (role: MemberRole, least: MemberRole): boolean => roleRank[role] >= roleRank[least];

interface Admitted {
  identity: PanelIdentity;
  token: string;
}
const admission = defineCaller<Admitted>(
  'panel session',
  ({ identity }) => `member:${identity.memberId}`,
  ({ identity: { memberId, session } }) => ({ memberId, memberName: session.name }),
);

/**
 * Guards every route of this plugin: a living session, the CSRF token on whatever is no read, at least this role. The
 * handlers ask `panelIdentity`.
 */
export function guardPanel(routes: FastifyInstance, ctx: ServerContext, least: MemberRole): void {
  admission.guard(routes, async (request, reply) => {
    const result = await admit(ctx, request, least);
    if (!result.ok && (result.problem.code === 'session-invalid' || result.problem.code === 'member-blocked'))
      clearPanelCookie(reply);
    return result;
  });
}

/** Who the guard let in. */
export function panelIdentity(request: FastifyRequest): PanelIdentity {
  return admission.of(request).identity;
}

/** The value of the session's cookie. */
export function panelToken(request: FastifyRequest): string {
  return admission.of(request).token;
}

/** Whether the session still counts in this transaction: asked again after whatever took its time. */
export async function isStillSignedIn(tx: Tx, identity: PanelIdentity, now: number): Promise<boolean> {
  const row = await present(tx, identity);
  return row !== undefined && row.is_blocked === 0 && isLivePanelSession(row, now);
}

/**
 * Whether what an answer began may go on: the session was not ended since, and its member is neither blocked nor of a
 * lower role. One that has been idle meanwhile may.
 */
export async function mayGoOn(db: Db, identity: PanelIdentity, least: MemberRole): Promise<boolean> {
  const row = await present(db, identity);
  return row !== undefined && row.ended_at === null && row.is_blocked === 0 && hasRole(row.role, least);
}

/** The session and its member, as of now. */
function present(db: Db | Tx, { session }: PanelIdentity) {
  return db
    .selectFrom('session')
    .innerJoin('member', 'member.id', 'session.member_id')
    .select(['session.ended_at', 'session.expires_at', 'session.last_used_at'])
    .select(['member.is_blocked', 'member.role'])
    .where('session.id', '=', session.id)
    .executeTakeFirst();
}

export function clearPanelCookie(reply: FastifyReply): void {
  reply.clearCookie(PANEL_COOKIE, cookieFlags);
}

async function admit(
  ctx: ServerContext,
  request: FastifyRequest,
  least: MemberRole,
): Promise<Result<Admitted>> {
  const token = request.cookies[PANEL_COOKIE];
  if (!token) return fail('session-invalid');
  const now = ctx.now();
  const session = await findPanelSession(ctx.database.db, token, now);
  if (!session) return signedOut(await panelSessionEnd(ctx.database.db, token));
  if (session.is_blocked === 1) return fail('member-blocked');
  if (!isRead(request.method) && !isCsrfTokenOf(token, request.headers[CSRF_HEADER]))
    return fail('csrf-token-invalid');
  if (await isPanelFactorDue(ctx.database.db, session.member_id))
    return endSession(ctx, session, request, now);
  if (!hasRole(session.role, least)) return fail('insufficient-role');
  if (request.headers[BACKGROUND_HEADER] === undefined) await touchPanelSession(ctx, session, now);
  const { member_id: memberId, role } = session;
  const identity = { session, memberId, role, actor: `member:${memberId}`, ip: request.ip };
  return ok({ identity, token });
}

/** The team requires a second factor since, and this member has none. */
async function endSession(
  ctx: ServerContext,
  { id: sessionId, member_id: memberId }: PanelSessionRow,
  request: FastifyRequest,
  now: number,
): Promise<Result<never>> {
  const ending = { sessionId, memberId, ip: request.ip, now };
  return signedOut(await ctx.database.db.transaction().execute((tx) => endWherePanelFactorIsDue(tx, ending)));
}

/** With `panelSignedOutExtra` where somebody else ended the session. */
function signedOut(reason: Reason | null): Result<never> {
  return fail('session-invalid', undefined, reason === null ? {} : { reason });
}
