import {
  RESET_LINK_SECONDS,
  RESET_PAGE_PATH,
  type ResetLinkState,
} from '../../../src-shared/panel/mfa-reset.ts';
import { fail, ok, type Problem, problem, type Result } from '../../../src-shared/problem.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import type { ServerContext } from '../../context.ts';
import type { Tx } from '../../db/database.ts';
import type { MfaResetRow } from '../../db/schema.ts';
import { enqueueMail } from '../../mail/outbox.ts';
import { activeFactor } from '../../proof/mfa/code-check.ts';
import { hashToken, newId, newToken } from '../../tokens.ts';

/** Who does it, from where; as in `AuditEntry`. */
interface By {
  actor: string;
  ip: string | null;
}

const NOTHING_TO_RESET =
  'This member has no second factor that could be reset. One is set up at the next sign-in, where the team requires it.';

/**
 * Lets a member set up a new authenticator: sends a link, and changes nothing else. An earlier link ends. Refused
 * without a mail server (`mail-unavailable`), for nobody (`member-not-found`) and where MFA is off (`wrong-state`).
 */
export async function requestMfaReset(
  tx: Tx,
  ctx: ServerContext,
  { memberId, actor, ip }: By & { memberId: string },
): Promise<Result<{ id: string; expiresAt: number }>> {
  // Said before the mail: where there is nothing to reset, another way to bring the link is none.
  const found = await resettable(tx, memberId);
  if (!found.ok) return found;
  if (!ctx.config.mail) return fail('mail-unavailable');
  const opened = await openReset(tx, ctx, { memberId, actor, lifeSeconds: RESET_LINK_SECONDS });
  if (!opened.ok) return opened;
  const { id, link, expiresAt } = opened.value;
  await enqueueMail(tx, ctx, memberId, {
    kind: 'mfa-reset',
    link,
    expiresAt: new Date(expiresAt).toISOString(),
  });
  const now = ctx.now();
  await audit(tx, { at: now, actor, ip, action: 'mfa-reset.request', memberId, details: { resetId: id } });
  return ok({ id, expiresAt });
}

async function resettable(tx: Tx, memberId: string): Promise<Result<void>> {
  const member = await tx.selectFrom('member').select('id').where('id', '=', memberId).executeTakeFirst();
  if (!member) return fail('member-not-found');
  return (await activeFactor(tx, memberId)) ? ok(undefined) : fail('wrong-state', NOTHING_TO_RESET);
}

/** A link to set up a new authenticator, in the place of an earlier one; with the password it is as good as a code. */
export async function openReset(
  tx: Tx,
  ctx: Pick<ServerContext, 'config' | 'now'>,
  { memberId, actor, lifeSeconds }: { memberId: string; actor: string; lifeSeconds: number },
): Promise<Result<{ id: string; link: string; expiresAt: number }>> {
  const found = await resettable(tx, memberId);
  if (!found.ok) return found;
  const now = ctx.now();
  await tx
    .updateTable('mfa_reset')
    .set({ withdrawn_at: now })
    .where('member_id', '=', memberId)
    .where('used_at', 'is', null)
    .where('withdrawn_at', 'is', null)
    .execute();
  const id = newId(now);
  const token = newToken();
  const expiresAt = now + lifeSeconds * 1000;
  await tx
    .insertInto('mfa_reset')
    .values({
      id,
      member_id: memberId,
      token_hash: hashToken(token),
      requested_by: actor,
      factor_id: null,
      created_at: now,
      expires_at: expiresAt,
      used_at: null,
      withdrawn_at: null,
    })
    .execute();
  // After the hash sign: no browser sends it to a server or in a referrer, no proxy logs it.
  return ok({ id, link: `${ctx.config.issuer}${RESET_PAGE_PATH}#${token}`, expiresAt });
}

/** Takes back a link that was not used yet; `not-found` when there is none such. */
export async function withdrawMfaReset(
  tx: Tx,
  ctx: ServerContext,
  { resetId, actor, ip }: By & { resetId: string },
): Promise<Result<void>> {
  const now = ctx.now();
  const row = await tx
    .updateTable('mfa_reset')
    .set({ withdrawn_at: now })
    .where('id', '=', resetId)
    .where('used_at', 'is', null)
    .where('withdrawn_at', 'is', null)
    .where('expires_at', '>', now)
    .returning('member_id')
    .executeTakeFirst();
  if (!row) return fail('not-found');
  await audit(tx, {
    at: now,
    actor,
    ip,
    action: 'mfa-reset.withdraw',
    memberId: row.member_id,
    details: { resetId },
  });
  return ok(undefined);
}

/** The reset that a link's token opens, or why it opens none. Nobody guesses 256 bits, so the reason may be told. */
export async function findReset(tx: Tx, token: string, now: number): Promise<Result<MfaResetRow>> {
  const row = await tx
    .selectFrom('mfa_reset')
    .selectAll()
    .where('token_hash', '=', hashToken(token))
    .executeTakeFirst();
  if (!row) return { ok: false, problem: linkProblem('unknown') };
  if (row.used_at !== null) return { ok: false, problem: linkProblem('used') };
  if (row.withdrawn_at !== null) return { ok: false, problem: linkProblem('withdrawn') };
  return row.expires_at > now ? ok(row) : { ok: false, problem: linkProblem('expired') };
}

const linkSentences: Record<ResetLinkState, string> = {
  used: 'This link was used already. If it was not you, tell your administrator at once.',
  expired: 'This link has expired: it works for 24 hours. Ask your administrator for a new one.',
  withdrawn: 'This link was withdrawn. If you have a newer one, use that; else ask your administrator.',
  unknown: 'This link is not complete or not known here. Open it again from the mail.',
};

function linkProblem(why: ResetLinkState): Problem {
  return problem('reset-link-invalid', linkSentences[why], { why });
}

function audit(
  tx: Tx,
  entry: By & { at: number; action: string; memberId: string; details: Record<string, unknown> },
): Promise<void> {
  const { at, actor, ip, action, memberId, details } = entry;
  return appendAudit(tx, { at, actor, ip, action, subject: `member:${memberId}`, outcome: 'ok', details });
}
