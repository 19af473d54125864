import { fail, ok, type Result } from '../../../src-shared/problem.ts';
import { foldEmail, isEmailAddress } from '../../../src-shared/typed-email.ts';
import { nameMistake, personName } from '../../../src-shared/typed-name.ts';
import { type RecordedEnd, recordEnd } from '../../access/enforcement/record-end.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import type { ServerContext } from '../../context.ts';
import type { Tx } from '../../db/database.ts';
import type { MemberRow } from '../../db/schema.ts';
import { enqueueMail } from '../../mail/outbox.ts';
import { clearAttempts } from '../../proof/mfa/attempts.ts';
import { activeFactor, attemptKeys } from '../../proof/mfa/code-check.ts';
import { activateFactor, prepareBackupCodes, setUpFactor } from '../../proof/mfa/enrolment.ts';
import { endPendingFactors } from '../../proof/mfa/pending-factor.ts';
import { readPolicy } from '../../proof/policy/policy-store.ts';
import { newId } from '../../tokens.ts';
import { type AccountWords, passwordWeakness, weaknessSentences } from '../password/password-rules.ts';
import { hashNewPassword, passwordEnd, replacePassword } from '../password/password-store.ts';

export interface NewMember {
  email: string;
  name: string;
  password: string;
  role: MemberRow['role'];
  withTotp: boolean;
  /** Somebody else has set it: it ends after 7 days, and at the first sign-in. */
  isTemporary?: boolean;
}

export interface AddedMember {
  id: string;
  email: string;
  /** With `withTotp` only: shown once. */
  totp?: { secret: string; otpauthUri: string; backupCodes: string[] };
}

/**
 * Adds a member, with an authenticator already set up when asked for. `mayStill` is asked in the transaction of it, since
 * the hashing takes its time; `also` runs once the member is there.
 */
export async function addMember(
  ctx: ServerContext,
  { email, name, password, role, withTotp, isTemporary = false }: NewMember,
  actor: string,
  ip: string | null = null,
  {
    mayStill = async () => ok(undefined),
    also,
  }: { mayStill?: (tx: Tx) => Promise<Result<unknown>>; also?: (tx: Tx) => Promise<void> } = {},
): Promise<Result<AddedMember>> {
  const address = foldEmail(email);
  const mistake =
    emailMistake(email) ??
    nameMistake(name) ??
    (await passwordMistake(ctx, password, { email: address, name }));
  if (mistake) return fail('invalid-request', mistake);
  const password_hash = await hashNewPassword(ctx, password);
  const backup = withTotp ? await prepareBackupCodes(ctx) : null;
  return ctx.database.db.transaction().execute(async (tx): Promise<Result<AddedMember>> => {
    const may = await mayStill(tx);
    if (!may.ok) return may;
    const now = ctx.now();
    const same = await tx.selectFrom('member').select('id').where('email', '=', address).executeTakeFirst();
    if (same) return fail('email-taken', `email: ${address} is a member already`);
    const id = newId(now);
    await tx
      .insertInto('member')
      .values({
        id,
        email: address,
        name: personName.parse(name),
        role,
        password_hash,
        is_blocked: 0,
        created_at: now,
        password_version: 0,
        password_expires_at: passwordEnd(isTemporary, now),
      })
      .execute();
    await audit(tx, {
      at: now,
      actor,
      action: 'member.add',
      memberId: id,
      ip,
      details: { email: address, role },
    });
    await also?.(tx);
    if (!backup) return ok({ id, email: address });
    const factor = await setUpFactor(tx, ctx, id);
    if (!factor.ok) return factor;
    const { factorId, secret, otpauthUri } = factor.value;
    const activated = await activateFactor(tx, ctx, {
      memberId: id,
      factorId,
      step: 0,
      backupCodeHashes: backup.hashes,
      how: 'first',
      sessionId: null,
      actor,
      ip: null,
    });
    return activated.ok
      ? ok({ id, email: address, totp: { secret, otpauthUri, backupCodes: backup.codes } })
      : activated;
  });
}

/** Blocks: sessions and leases end and the epoch moves in the same transaction. Unblocking only lets in again. */
export async function setBlocked(
  tx: Tx,
  input: { memberId: string; isBlocked: boolean; actor: string; now: number; ip?: string | null },
): Promise<RecordedEnd> {
  const { memberId, isBlocked, actor, now, ip = null } = input;
  await tx
    .updateTable('member')
    .set({ is_blocked: isBlocked ? 1 : 0 })
    .where('id', '=', memberId)
    .execute();
  await audit(tx, { at: now, actor, action: isBlocked ? 'member.block' : 'member.unblock', memberId, ip });
  if (!isBlocked) return { ended: [], frames: [] };
  return endSessions(tx, {
    ...input,
    code: 'member-blocked',
    message: 'Your administrator has blocked this account.',
  });
}

interface NewPassword {
  memberId: string;
  /** Of `hashNewPassword`. */
  passwordHash: string;
  /** As in `NewMember`. */
  isTemporary?: boolean;
  actor: string;
  now: number;
  ip?: string | null;
}

/** A new password ends every session and lease of the member. */
export async function setPassword(tx: Tx, input: NewPassword): Promise<RecordedEnd> {
  const { memberId, passwordHash, isTemporary = false, actor, now, ip = null } = input;
  const member = await tx
    .selectFrom('member')
    .select(['id', 'password_version'])
    .where('id', '=', memberId)
    .executeTakeFirstOrThrow();
  await replacePassword(tx, member, { passwordHash, expiresAt: passwordEnd(isTemporary, now) });
  await clearAttempts(tx, attemptKeys.password(memberId));
  await audit(tx, { at: now, actor, action: 'member.set-password', memberId, ip });
  return endSessions(tx, {
    ...input,
    code: 'signed-out',
    message: 'Your password was changed. Sign in with the new one.',
  });
}

/** The same by somebody else than the member, who is told by mail and, unless that is said, has to choose another. */
export async function setPasswordFor(tx: Tx, ctx: ServerContext, input: NewPassword): Promise<RecordedEnd> {
  const at = new Date(input.now).toISOString();
  await enqueueMail(tx, ctx, input.memberId, { kind: 'password-set', at });
  return setPassword(tx, { isTemporary: true, ...input });
}

/** Lets a member try codes again: counters cleared, a disabled factor enabled. False without a factor. */
export async function resetFactorLock(
  tx: Tx,
  { memberId, actor, now, ip = null }: { memberId: string; actor: string; now: number; ip?: string | null },
): Promise<boolean> {
  for (const key of Object.values(attemptKeys)) await clearAttempts(tx, key(memberId));
  const factor = await activeFactor(tx, memberId);
  if (factor) await tx.updateTable('factor').set({ is_disabled: 0 }).where('id', '=', factor.id).execute();
  await audit(tx, { at: now, actor, action: 'factor.reset-lock', memberId, ip });
  return factor !== undefined;
}

/** What is wrong with an address to sign in with; null for a good one. */
export function emailMistake(email: string): string | null {
  return isEmailAddress(foldEmail(email)) ? null : `email: ${JSON.stringify(email)} is not an e-mail address`;
}

/** Why a password is not accepted for this person; null when it is. */
export async function passwordMistake(
  { config: { teamName, issuer } }: Pick<ServerContext, 'config'>,
  password: string,
  { email, name }: Pick<AccountWords, 'email' | 'name'>,
): Promise<string | null> {
  const why = await passwordWeakness(password, { email, name, teamName, issuer });
  return why && `password: ${weaknessSentences[why]}`;
}

/** Every session, sign-in on its way and lease of the member ends; the epoch moves. */
export async function endSessions(
  tx: Tx,
  input: {
    memberId: string;
    actor: string;
    now: number;
    ip?: string | null;
    code: 'member-blocked' | 'signed-out';
    message: string;
  },
): Promise<RecordedEnd> {
  const { memberId, actor, now, code, message, ip = null } = input;
  await tx
    .updateTable('session')
    .set({ ended_at: now })
    .where('member_id', '=', memberId)
    .where('ended_at', 'is', null)
    .execute();
  await tx.deleteFrom('sign_in_token').where('member_id', '=', memberId).execute();
  await endPendingFactors(tx, memberId);
  const reason = { code, message, at: new Date(now).toISOString() };
  const policy = await readPolicy(tx);
  return recordEnd(tx, { scope: { memberId }, reason, actor, ip, now, policy, signOut: true });
}

function audit(
  tx: Tx,
  entry: {
    at: number;
    actor: string;
    action: string;
    memberId: string;
    ip?: string | null;
    details?: Record<string, unknown>;
  },
): Promise<void> {
  const { at, actor, action, memberId, ip = null, details } = entry;
  return appendAudit(tx, {
    at,
    actor,
    action,
    subject: `member:${memberId}`,
    outcome: 'ok',
    ip,
    ...(details ? { details } : {}),
  });
}
