import { fail, ok, type Result } from '../../../src-shared/problem.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import type { ServerContext } from '../../context.ts';
import type { Tx } from '../../db/database.ts';
import type { MemberRow } from '../../db/schema.ts';
import { resetFactorLock } from '../members/member-store.ts';
import { personText, tellOwnersOf } from '../members/owner-notices.ts';
import { openReset } from './mfa-reset.ts';

/** As short as a person at the server's console needs. */
const LINK_SECONDS = 3600;

/**
 * For who has lost the second factor and cannot be helped by anybody else: a link to set up a new one, for the console
 * of the server and for no mail. Counters of wrong codes are cleared. Every owner is told; nothing else changes before the
 * link is used. `wrong-state` where there is no second factor, and for somebody blocked.
 */
export async function breakGlass(
  tx: Tx,
  ctx: ServerContext,
  { member, actor, by }: { member: MemberRow; actor: string; by: string },
): Promise<Result<{ link: string; expiresAt: number }>> {
  if (member.is_blocked === 1) return fail('wrong-state', `${member.email} is blocked: unblock first.`);
  const opened = await openReset(tx, ctx, { memberId: member.id, actor, lifeSeconds: LINK_SECONDS });
  if (!opened.ok) return opened;
  const now = ctx.now();
  await resetFactorLock(tx, { memberId: member.id, actor, now });
  const { id: resetId, link, expiresAt } = opened.value;
  await appendAudit(tx, {
    at: now,
    actor,
    action: 'member.break-glass',
    subject: `member:${member.id}`,
    outcome: 'ok',
    ip: null,
    details: { resetId, by },
  });
  const change = { what: 'break-glass', member: personText(member), expiresAt: iso(expiresAt) } as const;
  await tellOwnersOf(tx, ctx, { by, ip: null }, change);
  return ok({ link, expiresAt });
}

const iso = (time: number): string => new Date(time).toISOString();
