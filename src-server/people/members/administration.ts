import { fail, ok, type Result } from '../../../src-shared/problem.ts';
import { endingAccess } from '../../access/enforcement/ending-access.ts';
import type { Enforcement } from '../../access/enforcement/enforcement.ts';
import type { RecordedEnd } from '../../access/enforcement/record-end.ts';
import type { GuardSource } from '../../access/guard/guard.ts';
import type { ServerContext } from '../../context.ts';
import type { Tx } from '../../db/database.ts';
import type { MemberRow } from '../../db/schema.ts';
import { activeFactor } from '../../proof/mfa/code-check.ts';
import { newTemporaryPassword } from '../password/temporary-password.ts';
import { checkStepUp } from '../session/step-up.ts';
import { tokensOfMaker } from './maker-tokens.ts';
import type { By, MemberChange } from './member-changes.ts';
import { type AddedMember, addMember, resetFactorLock } from './member-store.ts';
import { personText, teamActor, tellOwners } from './owner-notices.ts';
import {
  type Admin,
  isPromotion,
  managedMember,
  mayManage,
  presentAdmin,
  withoutOwner,
} from './owner-rules.ts';
import { blockMember, changeMember, dropMember, isRaised } from './team-changes.ts';

/**
 * What administrators do with members. Each asks for roles and for the last owner in the transaction of the change, and
 * only then ends access: two administrators at once see each other.
 */

/** What becomes of the API tokens that the member made; without it they end. */
interface KeepTokens {
  keepApiTokens?: boolean | undefined;
}

const byOf = (ctx: ServerContext, { memberId, ip }: Admin): By => ({
  actor: `member:${memberId}`,
  ip,
  now: ctx.now(),
});

/**
 * Adds a member with a password of its own making, which is in the answer and nowhere else. More than a plain member
 * needs a step-up.
 */
export async function addByAdmin(
  ctx: ServerContext,
  admin: Admin,
  person: { email: string; name: string; role: MemberRow['role'] },
): Promise<Result<AddedMember & { temporaryPassword: string }>> {
  const mayAdd = async (tx: Tx): Promise<Result<unknown>> => {
    const by = await presentAdmin(tx, admin);
    if (!by.ok) return by;
    if (!mayManage(by.value.role, person.role))
      return fail('insufficient-role', 'Only an owner can add owners and administrators.');
    return isPromotion('member', person.role) ? checkStepUp(tx, admin, ctx.now()) : ok(undefined);
  };
  const may = await ctx.database.db.transaction().setAccessMode('read only').execute(mayAdd);
  if (!may.ok) return may;
  const password = newTemporaryPassword();
  const { actor, ip } = byOf(ctx, admin);
  const added = await addMember(ctx, { ...person, password, withTotp: false, isTemporary: true }, actor, ip, {
    mayStill: mayAdd,
    also: async (tx) => {
      if (!isPromotion('member', person.role)) return;
      const member = personText(person);
      await tellOwners(tx, ctx, admin, { what: 'member-added', member, role: person.role });
    },
  });
  return added.ok ? ok({ ...added.value, temporaryPassword: password }) : added;
}

/** Changes name, e-mail address or role. Only owners change roles; another address and more rights need a step-up. */
export async function editByAdmin(
  ctx: ServerContext,
  admin: Admin,
  memberId: string,
  { keepApiTokens = false, ...change }: MemberChange & KeepTokens,
): Promise<Result<void>> {
  return ctx.database.db.transaction().execute(async (tx) => {
    const managed = await managedMember(tx, admin, memberId);
    if (!managed.ok) return managed;
    const { by, target } = managed.value;
    if ((change.role ?? target.role) !== target.role && by.role !== 'owner')
      return fail('insufficient-role', 'Only an owner can change roles.');
    const areTokensKept = keepApiTokens && change.role === 'member';
    const needsProof = isRaised(target, change) || (areTokensKept && (await hasTokens(tx, ctx, target)));
    const proven = needsProof ? await checkStepUp(tx, admin, ctx.now()) : ok(undefined);
    if (!proven.ok) return proven;
    return changeMember(tx, ctx, { member: target, by: await teamActor(tx, admin), areTokensKept }, change);
  });
}

/** Blocks (sessions and connections end) or lets in again. */
export async function setBlockedByAdmin(
  ctx: ServerContext,
  enforcement: Enforcement,
  admin: Admin,
  input: { memberId: string; isBlocked: boolean } & KeepTokens,
): Promise<Result<unknown>> {
  const { memberId, isBlocked, keepApiTokens = false } = input;
  return endingAccess(ctx, enforcement, async (tx): Promise<Result<RecordedEnd>> => {
    const managed = await otherMember(tx, admin, memberId, 'block');
    if (!managed.ok) return managed;
    const others = isBlocked ? await withoutOwner(tx, managed.value) : ok(undefined);
    if (!others.ok) return others;
    if ((managed.value.is_blocked === 1) === isBlocked) return ok({ ended: [], frames: [] });
    const member = managed.value;
    const may = isBlocked && keepApiTokens ? await mayKeepTokens(tx, ctx, admin, member) : ok(undefined);
    if (!may.ok) return may;
    const by = await teamActor(tx, admin);
    return ok(await blockMember(tx, ctx, { member, by, areTokensKept: keepApiTokens }, isBlocked));
  });
}

/** Removes a member for good. */
export async function removeByAdmin(
  ctx: ServerContext,
  { enforcement, guards }: { enforcement: Enforcement; guards: GuardSource },
  admin: Admin,
  { memberId, keepApiTokens = false }: { memberId: string } & KeepTokens,
): Promise<Result<unknown>> {
  return endingAccess(ctx, enforcement, async (tx): Promise<Result<RecordedEnd>> => {
    const managed = await otherMember(tx, admin, memberId, 'remove');
    if (!managed.ok) return managed;
    const member = managed.value;
    const may = keepApiTokens ? await mayKeepTokens(tx, ctx, admin, member) : ok(undefined);
    if (!may.ok) return may;
    const by = await teamActor(tx, admin);
    return dropMember(tx, ctx, { member, by, areTokensKept: keepApiTokens }, guards);
  });
}

/** Keeping API tokens is like making them, and needs a step-up. */
async function mayKeepTokens(
  tx: Tx,
  ctx: ServerContext,
  admin: Admin,
  maker: MemberRow,
): Promise<Result<void>> {
  return (await hasTokens(tx, ctx, maker)) ? checkStepUp(tx, admin, ctx.now()) : ok(undefined);
}

const hasTokens = async (tx: Tx, ctx: ServerContext, { id }: MemberRow): Promise<boolean> =>
  (await tokensOfMaker(tx, id, ctx.now())).length > 0;

/** Lets a member whose authenticator is disabled try codes again. `wrong-state` without one. */
export async function enableFactorByAdmin(
  ctx: ServerContext,
  admin: Admin,
  memberId: string,
): Promise<Result<void>> {
  return ctx.database.db.transaction().execute(async (tx) => {
    const managed = await otherMember(tx, admin, memberId, 'enable the authenticator of');
    if (!managed.ok) return managed;
    if (!(await activeFactor(tx, memberId)))
      return fail('wrong-state', 'There is no authenticator to enable.');
    await resetFactorLock(tx, { memberId, ...byOf(ctx, admin) });
    return ok(undefined);
  });
}

/** Whether the administrator may end this member's connections: as for a change, and one's own. */
export function mayDisconnect(ctx: ServerContext, admin: Admin, memberId: string): Promise<Result<unknown>> {
  const reading = ctx.database.db.transaction().setAccessMode('read only');
  return reading.execute((tx) => managedMember(tx, admin, memberId));
}

/** A member that the administrator may change and that is somebody else. */
export async function otherMember(
  tx: Tx,
  admin: Admin,
  memberId: string,
  verb: string,
): Promise<Result<MemberRow>> {
  const managed = await managedMember(tx, admin, memberId);
  if (!managed.ok) return managed;
  if (memberId === admin.memberId) return fail('insufficient-role', `You cannot ${verb} yourself.`);
  return ok(managed.value.target);
}
