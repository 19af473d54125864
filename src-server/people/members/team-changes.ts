import { ok, type Result } from '../../../src-shared/problem.ts';
import { foldEmail } from '../../../src-shared/typed-email.ts';
import type { RecordedEnd } from '../../access/enforcement/record-end.ts';
import type { GuardSource } from '../../access/guard/guard.ts';
import type { ServerContext } from '../../context.ts';
import type { Tx } from '../../db/database.ts';
import type { MemberRow } from '../../db/schema.ts';
import { type MakerEnd, settleTokensOfMaker } from './maker-tokens.ts';
import { editMember, type MemberChange, removeMember } from './member-changes.ts';
import { setBlocked } from './member-store.ts';
import { personText, type TeamActor, tellOwnersOf } from './owner-notices.ts';
import { isPromotion, withoutOwner } from './owner-rules.ts';

/**
 * What is the same whoever changes a member, in the Control Panel or on the server's own machine: an owner is left who
 * can sign in, API tokens end with their maker unless they are kept, owners are told of more rights and of another
 * address. Whether somebody may do so is the caller's to ask before.
 */
interface Change {
  member: MemberRow;
  by: TeamActor;
  /** Of the API tokens that the member made. */
  areTokensKept?: boolean;
}

const audited = (ctx: ServerContext, { actor, ip }: TeamActor) => ({ actor, ip, now: ctx.now() });

/** Whether `change` gives the member another address or more rights. */
export function isRaised(member: MemberRow, { email, role = member.role }: MemberChange): boolean {
  return isMoved(member, email) || isPromotion(member.role, role);
}

const isMoved = (member: MemberRow, email: string | undefined): boolean =>
  email !== undefined && foldEmail(email) !== member.email;

/** Name, e-mail address, role. */
export async function changeMember(
  tx: Tx,
  ctx: ServerContext,
  { member, by, areTokensKept = false }: Change,
  change: MemberChange,
): Promise<Result<void>> {
  const role = change.role ?? member.role;
  if (role !== member.role) {
    const others = await withoutOwner(tx, member);
    if (!others.ok) return others;
  }
  const edited = await editMember(tx, ctx, member, change, audited(ctx, by));
  if (!edited.ok) return edited;
  if (role === 'member' && member.role !== 'member')
    await settle(tx, ctx, { member, by, areTokensKept }, 'maker-demoted');
  const who = personText(member);
  if (change.email !== undefined && isMoved(member, change.email))
    await tellOwnersOf(tx, ctx, by, {
      what: 'email-changed',
      member: who,
      from: member.email,
      to: foldEmail(change.email),
    });
  if (isPromotion(member.role, role))
    await tellOwnersOf(tx, ctx, by, { what: 'role-raised', member: who, from: member.role, to: role });
  return ok(undefined);
}

/** Blocks, the last owner too, or lets in again. `apiTokens`: of the member, that have ended or been kept. */
export async function blockMember(
  tx: Tx,
  ctx: ServerContext,
  { member, by, areTokensKept = false }: Change,
  isBlocked: boolean,
): Promise<RecordedEnd & { apiTokens: number }> {
  const apiTokens = isBlocked ? await settle(tx, ctx, { member, by, areTokensKept }, 'maker-blocked') : 0;
  const ended = await setBlocked(tx, { memberId: member.id, isBlocked, ...audited(ctx, by) });
  return { ...ended, apiTokens };
}

/** For good. */
export async function dropMember(
  tx: Tx,
  ctx: ServerContext,
  { member, by, areTokensKept = false }: Change,
  guards: GuardSource,
): Promise<Result<RecordedEnd>> {
  const others = await withoutOwner(tx, member);
  if (!others.ok) return others;
  await settle(tx, ctx, { member, by, areTokensKept }, 'maker-removed');
  return ok(await removeMember(tx, member, audited(ctx, by), guards));
}

async function settle(
  tx: Tx,
  ctx: ServerContext,
  { member, by, areTokensKept }: Required<Change>,
  why: MakerEnd,
): Promise<number> {
  const { count } = await settleTokensOfMaker(tx, ctx, by, { member, why, isKept: areTokensKept });
  return count;
}
