import { ok, type Result } from '../../../src-shared/problem.ts';
import { endingAccess } from '../../access/enforcement/ending-access.ts';
import type { Enforcement } from '../../access/enforcement/enforcement.ts';
import type { RecordedEnd } from '../../access/enforcement/record-end.ts';
import type { ServerContext } from '../../context.ts';
import type { Tx } from '../../db/database.ts';
import type { MemberRow } from '../../db/schema.ts';
import { hashNewPassword } from '../password/password-store.ts';
import { newTemporaryPassword } from '../password/temporary-password.ts';
import { checkStepUp } from '../session/step-up.ts';
import { otherMember } from './administration.ts';
import { setPasswordFor } from './member-store.ts';
import { personText, tellOwners } from './owner-notices.ts';
import type { Admin } from './owner-rules.ts';

/**
 * A temporary password in the place of somebody else's, which is in the answer and nowhere else: for who has forgotten
 * theirs, or let a temporary one expire. Needs a step-up; the member's sessions and connections end, and the owners hear
 * of it.
 */
export async function givePassword(
  ctx: ServerContext,
  enforcement: Enforcement,
  admin: Admin,
  memberId: string,
): Promise<Result<{ temporaryPassword: string }>> {
  const mayGive = async (tx: Tx): Promise<Result<MemberRow>> => {
    const member = await otherMember(tx, admin, memberId, 'set the password of');
    if (!member.ok) return member;
    const proven = await checkStepUp(tx, admin, ctx.now());
    return proven.ok ? member : proven;
  };
  const may = await ctx.database.db.transaction().setAccessMode('read only').execute(mayGive);
  if (!may.ok) return may;
  const temporaryPassword = newTemporaryPassword();
  const passwordHash = await hashNewPassword(ctx, temporaryPassword);
  const given = await endingAccess(ctx, enforcement, async (tx): Promise<Result<RecordedEnd>> => {
    // Hashing took its time.
    const still = await mayGive(tx);
    if (!still.ok) return still;
    const { ip } = admin;
    const by = { actor: `member:${admin.memberId}`, ip, now: ctx.now() };
    const ended = await setPasswordFor(tx, ctx, { memberId, passwordHash, ...by });
    await tellOwners(tx, ctx, admin, { what: 'password-set', member: personText(still.value) });
    return ok(ended);
  });
  return given.ok ? ok({ temporaryPassword }) : given;
}
