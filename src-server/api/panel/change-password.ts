import type { KnownReason } from '../../../src-shared/challenge.ts';
import { fail, ok, type Result } from '../../../src-shared/problem.ts';
import { endingAccess } from '../../access/enforcement/ending-access.ts';
import type { Enforcement } from '../../access/enforcement/enforcement.ts';
import { type RecordedEnd, recordEnd } from '../../access/enforcement/record-end.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import type { ServerContext } from '../../context.ts';
import { enqueueMail } from '../../mail/outbox.ts';
import { passwordMistake, SHORTEST_PASSWORD } from '../../people/members/member-store.ts';
import type { PasswordCheck } from '../../people/sign-in/password-check.ts';
import { hashSecret } from '../../proof/mfa/secret-hash.ts';
import { readPolicy } from '../../proof/policy/policy-store.ts';
import { isStillSignedIn, type PanelIdentity } from './panel-guard.ts';

/** Proves the password of the session's member once more, counted like any sign-in. `wrong-password` when it is not. */
export async function provePassword(
  checkPassword: PasswordCheck,
  { session, ip }: PanelIdentity,
  password: string,
): Promise<Result<{ passwordHash: string }>> {
  const checked = await checkPassword({ email: session.email, password, ip, action: 'account.password' });
  if (checked.ok) return ok({ passwordHash: checked.value.password_hash });
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
  if (passwordMistake(newPassword))
    return fail('password-too-weak', `Use at least ${SHORTEST_PASSWORD} characters.`);
  if (newPassword === currentPassword)
    return fail('password-too-weak', 'Choose a password that is not your present one.');
  const password_hash = await hashSecret(newPassword, ctx.config.argon2);
  const { memberId, session, actor, ip } = identity;
  return endingAccess(ctx, enforcement, async (tx): Promise<Result<RecordedEnd>> => {
    const now = ctx.now();
    // Hashing took its time.
    if (!(await isStillSignedIn(tx, identity, now))) return fail('session-invalid');
    const { numUpdatedRows } = await tx
      .updateTable('member')
      .set({ password_hash })
      .where('id', '=', memberId)
      .where('password_hash', '=', proven.value.passwordHash)
      .executeTakeFirst();
    if (numUpdatedRows !== 1n) return fail('wrong-password');
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
