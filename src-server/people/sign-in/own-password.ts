import { fail, ok, type Result } from '../../../src-shared/problem.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import type { ServerContext } from '../../context.ts';
import type { Tx } from '../../db/database.ts';
import type { MemberRow } from '../../db/schema.ts';
import { enqueueMail } from '../../mail/outbox.ts';
import { inHashTurn } from '../../proof/mfa/secret-hash.ts';
import { checkNewPassword, tooWeak } from '../password/password-rules.ts';
import { hashNewPassword, replacePassword } from '../password/password-store.ts';
import { passwordForms } from '../password/password-text.ts';
import { type PendingSignIn, spendSignInToken } from './sign-in-token.ts';

/** Whether the password that was right a moment ago still is the member's, and the member may come in. */
export async function isStillRight(
  tx: Tx,
  { id, password_version }: Pick<MemberRow, 'id' | 'password_version'>,
): Promise<boolean> {
  const present = await tx
    .selectFrom('member')
    .select('id')
    .where('id', '=', id)
    .where('password_version', '=', password_version)
    .where('is_blocked', '=', 0)
    .executeTakeFirst();
  return present !== undefined;
}

/** Whether a sign-in of this member has to choose a new password before there is a session. */
export async function mustChoosePassword(tx: Tx, memberId: string): Promise<boolean> {
  const { password_expires_at } = await tx
    .selectFrom('member')
    .select('password_expires_at')
    .where('id', '=', memberId)
    .executeTakeFirstOrThrow();
  return password_expires_at !== null;
}

/**
 * The last step of a sign-in with a temporary password: one of the member's own takes its place, and only then, in the
 * same transaction, there is a session. `find`: who the token is of. A refusal spends nothing.
 */
export async function chooseOwnPassword<P extends PendingSignIn, T>(
  ctx: ServerContext,
  { newPassword, ip }: { newPassword: string; ip: string | null },
  steps: { find: (tx: Tx) => Promise<Result<P>>; open: (tx: Tx, pending: P) => Promise<T> },
): Promise<Result<T>> {
  const { db } = ctx.database;
  const reading = db.transaction().setAccessMode('read only');
  const begun = await reading.execute(async (tx): Promise<Result<MemberRow>> => {
    const pending = await steps.find(tx);
    if (!pending.ok) return pending;
    const { memberId } = pending.value;
    return ok(await tx.selectFrom('member').selectAll().where('id', '=', memberId).executeTakeFirstOrThrow());
  });
  if (!begun.ok) return begun;
  const member = begun.value;
  const { teamName, issuer } = ctx.config;
  const accepted = await checkNewPassword(newPassword, { ...member, teamName, issuer });
  if (!accepted.ok) return accepted;
  if (await isSamePassword(newPassword, member.password_hash)) return tooWeak('present');
  const passwordHash = await hashNewPassword(ctx, newPassword);
  return db.transaction().execute(async (tx): Promise<Result<T>> => {
    const now = ctx.now();
    // Hashing took its time.
    const pending = await steps.find(tx);
    if (!pending.ok) return pending;
    if (!(await spendSignInToken(tx, pending.value.tokenHash, now))) return fail('mfa-token-invalid');
    if (!(await replacePassword(tx, member, { passwordHash, expiresAt: null })))
      return fail('mfa-token-invalid');
    const { tokenHash } = pending.value;
    await tx
      .deleteFrom('sign_in_token')
      .where('member_id', '=', member.id)
      .where('token_hash', '!=', tokenHash)
      .execute();
    const actor = `member:${member.id}`;
    await appendAudit(tx, {
      at: now,
      actor,
      action: 'member.set-password',
      subject: actor,
      outcome: 'ok',
      ip,
      details: { how: 'first-sign-in' },
    });
    await enqueueMail(tx, ctx, member.id, { kind: 'password-changed', at: new Date(now).toISOString(), ip });
    return ok(await steps.open(tx, pending.value));
  });
}

/** Whether a new password is the one that the hash is of. */
function isSamePassword(typed: string, hashed: string): Promise<boolean> {
  return inHashTurn('known', async (hasher) => {
    for (const form of passwordForms(typed)) if (await hasher.matches(form, hashed)) return true;
    return false;
  });
}
