import { fail, ok, type Result } from '../../../src-shared/problem.ts';
import type { Tx } from '../../db/database.ts';
import type { MemberRow } from '../../db/schema.ts';

/** Who is at work in the Control Panel, as the session said it; what counts is read again in each transaction. */
export interface Admin {
  memberId: string;
  session: { id: string };
  ip: string | null;
}

/** A member who was not removed. */
export async function presentMember(tx: Tx, memberId: string): Promise<Result<MemberRow>> {
  const member = await tx
    .selectFrom('member')
    .selectAll()
    .where('id', '=', memberId)
    .where('removed_at', 'is', null)
    .executeTakeFirst();
  return member ? ok(member) : fail('member-not-found');
}

/**
 * The administrator's own row, in the transaction of the change: a role that was taken away a moment ago is gone, and a
 * session that was ended changes nothing any more.
 */
export async function presentAdmin(tx: Tx, { memberId, session }: Admin): Promise<Result<MemberRow>> {
  const present = await presentMember(tx, memberId);
  if (!present.ok) return fail('session-invalid');
  if (present.value.is_blocked === 1) return fail('member-blocked');
  const living = await tx
    .selectFrom('session')
    .select('id')
    .where('id', '=', session.id)
    .where('ended_at', 'is', null)
    .executeTakeFirst();
  if (!living) return fail('session-invalid');
  return present.value.role === 'member' ? fail('insufficient-role') : present;
}

const rank: Record<MemberRow['role'], number> = { member: 0, administrator: 1, owner: 2 };
/** Whether the change gives more rights. */
export function isPromotion(from: MemberRow['role'], to: MemberRow['role']): boolean {
  return rank[to] > rank[from];
}

/** Whether somebody of this role may change members of that one: owners all, administrators only members. */
export function mayManage(by: MemberRow['role'], target: MemberRow['role']): boolean {
  return by === 'owner' || (by === 'administrator' && target === 'member');
}

/** Administrator and member of a change, when the one may change the other. */
export async function managedMember(
  tx: Tx,
  admin: Admin,
  memberId: string,
): Promise<Result<{ by: MemberRow; target: MemberRow }>> {
  const by = await presentAdmin(tx, admin);
  if (!by.ok) return by;
  const target = await presentMember(tx, memberId);
  if (!target.ok) return target;
  if (!mayManage(by.value.role, target.value.role) && by.value.id !== memberId)
    return fail('insufficient-role', 'Only an owner can change owners and administrators.');
  return ok({ by: by.value, target: target.value });
}

/** Those who may sign in. */
export function presentOwners(tx: Tx) {
  return tx
    .selectFrom('member')
    .select('id')
    .where('role', '=', 'owner')
    .where('is_blocked', '=', 0)
    .where('removed_at', 'is', null);
}

/**
 * `last-owner` when no owner who can sign in would be left without this member. Ask in the transaction of the change:
 * it holds the write lock, so that two changes at once see each other.
 */
export async function withoutOwner(tx: Tx, member: MemberRow): Promise<Result<void>> {
  if (member.role !== 'owner') return ok(undefined);
  const other = await presentOwners(tx).where('id', '!=', member.id).executeTakeFirst();
  return other ? ok(undefined) : fail('last-owner');
}
