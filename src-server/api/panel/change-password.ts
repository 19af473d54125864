import type { KnownReason } from '../../../src-shared/challenge.ts';
import { fail, ok, type Result } from '../../../src-shared/problem.ts';
import { endingAccess } from '../../access/enforcement/ending-access.ts';
import type { Enforcement } from '../../access/enforcement/enforcement.ts';
import { type RecordedEnd, recordEnd } from '../../access/enforcement/record-end.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import type { ServerContext } from '../../context.ts';
import type { MemberRow } from '../../db/schema.ts';
import { enqueueMail } from '../../mail/outbox.ts';
import { checkNewPassword, tooWeak } from '../../people/password/password-rules.ts';
import { hashNewPassword, replacePassword } from '../../people/password/password-store.ts';
import { preparedPassword } from '../../people/password/password-text.ts';
import type { PasswordCheck } from '../../people/sign-in/password-check.ts';
import { readPolicy } from '../../proof/policy/policy-store.ts';
import { isStillSignedIn, type PanelIdentity } from './panel-guard.ts';

/** Proves the password of the session's member once more, counted for this session alone. `wrong-password` when it is not. */
export async function provePassword(
  checkPassword: PasswordCheck,
  { session, ip }: PanelIdentity,
  password: string,
): Promise<Result<MemberRow>> {
  const { id: sessionId, email } = session;
  const checked = await checkPassword({
    email,
    password,
    ip,
    giver: { sessionId },
    action: 'account.password',
  });
  if (checked.ok) return checked;
  return checked.problem.code === 'invalid-credentials' ? fail('wrong-password') : checked;
}

/**
 * A new password. Every other session of the member, every connection and every sign-in on its way end in the same
 * transaction; the session that asked stays.
 */
export async function changePassword(
  ctx: ServerContext,
  { enforcement, checkPassword }: { enforcement: Enforcement; checkPassword: PasswordCheck },
  identity: PanelIdentity,
  { currentPassword, newPassword }: { currentPassword: string; newPassword: string },
): Promise<Result<unknown>> {
  const proven = await provePassword(checkPassword, identity, currentPassword);
  if (!proven.ok) return proven;
  const { teamName, issuer } = ctx.config;
  const accepted = await checkNewPassword(newPassword, { ...proven.value, teamName, issuer });
  if (!accepted.ok) return accepted;
  if (preparedPassword(newPassword) === preparedPassword(currentPassword)) return tooWeak('present');
  const passwordHash = await hashNewPassword(ctx, newPassword);
  const { memberId, session, actor, ip } = identity;
  return endingAccess(ctx, enforcement, async (tx): Promise<Result<RecordedEnd>> => {
    const now = ctx.now();
    // Hashing took its time.
    if (!(await isStillSignedIn(tx, identity, now))) return fail('session-invalid');
    if (!(await replacePassword(tx, proven.value, { passwordHash, expiresAt: null })))
      return fail('wrong-password');
    await tx
      .updateTable('session')
      .set({ ended_at: now })
      .where('member_id', '=', memberId)
      .where('id', '!=', session.id)
      .where('ended_at', 'is', null)
      .execute();
    await tx.deleteFrom('sign_in_token').where('member_id', '=', memberId).execute();
    const at = new Date(now).toISOString();
    await appendAudit(tx, {
      at: now,
      actor,
      action: 'member.set-password',
      subject: actor,
      outcome: 'ok',
      ip,
    });
    await enqueueMail(tx, ctx, memberId, { kind: 'password-changed', at, ip });
    const reason: KnownReason = {
      code: 'signed-out',
      message: 'Your password was changed. Sign in with the new one.',
      at,
    };
    const policy = await readPolicy(tx);
    return ok(await recordEnd(tx, { scope: { memberId }, reason, actor, ip, now, policy, signOut: true }));
  });
}
