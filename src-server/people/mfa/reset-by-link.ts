import type { KnownReason } from '../../../src-shared/challenge.ts';
import { fail, ok, type Problem, problem, type Result } from '../../../src-shared/problem.ts';
import { endingAccess } from '../../access/enforcement/ending-access.ts';
import type { Enforcement } from '../../access/enforcement/enforcement.ts';
import { type RecordedEnd, recordEnd } from '../../access/enforcement/record-end.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import { appendRefusal } from '../../audit/refusals.ts';
import type { ServerContext } from '../../context.ts';
import type { Tx } from '../../db/database.ts';
import type { MfaResetRow } from '../../db/schema.ts';
import {
  activateFactor,
  checkFirstCode,
  type NewFactor,
  prepareBackupCodes,
  setUpFactor,
} from '../../proof/mfa/enrolment.ts';
import { readPolicy } from '../../proof/policy/policy-store.ts';
import { trustClient } from '../session/trusted-client.ts';
import type { PasswordCheck } from '../sign-in/password-check.ts';
import { findReset } from './mfa-reset.ts';

/** The link and the password prove who it is; what is set up counts for nothing until it is confirmed. */
export async function beginReset(
  ctx: ServerContext,
  checkPassword: PasswordCheck,
  { token, password, ip }: { token: string; password: string; ip: string },
): Promise<Result<NewFactor>> {
  const { db } = ctx.database;
  const opened = await db.transaction().execute((tx) => openLink(tx, ctx, token, ip));
  if (!opened.ok) return opened;
  const { email, reset } = opened.value;
  const giver = { resetId: reset.id };
  const checked = await checkPassword({ email, password, ip, giver, action: 'mfa-reset.password' });
  if (!checked.ok) return checked.problem.code === 'invalid-credentials' ? fail('wrong-password') : checked;
  return db.transaction().execute(async (tx): Promise<Result<NewFactor>> => {
    // Comparing took its time: the link may be used or withdrawn by now.
    const still = await openLink(tx, ctx, token, ip);
    if (!still.ok) return still;
    const { id, member_id } = still.value.reset;
    const factor = await setUpFactor(tx, ctx, member_id, { mayReplace: true });
    if (!factor.ok) return factor;
    const { factorId } = factor.value;
    await tx.updateTable('mfa_reset').set({ factor_id: factorId }).where('id', '=', id).execute();
    await appendAudit(tx, {
      at: ctx.now(),
      actor: `member:${member_id}`,
      action: 'mfa-reset.begin',
      subject: `member:${member_id}`,
      outcome: 'ok',
      ip,
      details: { resetId: id, factorId },
    });
    return factor;
  });
}

/**
 * The first code of the new factor: only now the old one ends, and with it every session and every connection, in one
 * transaction with the use of the link. The browser is one that the member has signed in from: `trustToken`, for which
 * it gives up what it had (`trustTokens`).
 */
export async function confirmReset(
  ctx: ServerContext,
  enforcement: Enforcement,
  input: {
    token: string;
    factorId: string;
    code: string;
    ip: string;
    trustTokens: readonly string[];
  },
): Promise<Result<{ backupCodes: string[]; trustToken: string }>> {
  const { token, factorId, code, ip, trustTokens: presented } = input;
  let trustToken = '';
  const { db } = ctx.database;
  const step = await db.transaction().execute(async (tx): Promise<Result<number>> => {
    const opened = await openLink(tx, ctx, token, ip);
    if (!opened.ok) return opened;
    const { reset } = opened.value;
    if (reset.factor_id !== factorId)
      return fail('not-found', 'That set-up has expired. Open the link again.');
    return checkFirstCode(tx, ctx, { memberId: reset.member_id, factorId, code, ip });
  });
  if (!step.ok) return step;
  const { codes, hashes } = await prepareBackupCodes(ctx);
  const done = await endingAccess(ctx, enforcement, async (tx): Promise<Result<RecordedEnd>> => {
    const opened = await openLink(tx, ctx, token, ip);
    if (!opened.ok) return opened;
    const { id, member_id: memberId } = opened.value.reset;
    const now = ctx.now();
    const actor = `member:${memberId}`;
    const activated = await activateFactor(tx, ctx, {
      memberId,
      factorId,
      step: step.value,
      backupCodeHashes: hashes,
      how: 'reset',
      sessionId: null,
      actor,
      ip,
    });
    if (!activated.ok) return activated;
    await tx.updateTable('mfa_reset').set({ used_at: now }).where('id', '=', id).execute();
    await tx
      .updateTable('session')
      .set({ ended_at: now })
      .where('member_id', '=', memberId)
      .where('ended_at', 'is', null)
      .execute();
    await tx.deleteFrom('sign_in_token').where('member_id', '=', memberId).execute();
    trustToken = await trustClient(tx, { memberId, deviceId: null, presented, now });
    const reason: KnownReason = {
      code: 'signed-out',
      message: 'Your authenticator was set up again. Sign in with the new one.',
      at: new Date(now).toISOString(),
    };
    const policy = await readPolicy(tx);
    return ok(await recordEnd(tx, { scope: { memberId }, reason, actor, ip, now, policy, signOut: true }));
  });
  return done.ok ? ok({ backupCodes: codes, trustToken }) : done;
}

interface OpenedLink {
  reset: MfaResetRow;
  email: string;
}

/** A link that works, of a member who is not blocked. Refusals are audited. */
async function openLink(tx: Tx, ctx: ServerContext, token: string, ip: string): Promise<Result<OpenedLink>> {
  const found = await findReset(tx, token, ctx.now());
  if (!found.ok) return refuse(tx, ctx, found.problem, null, ip);
  const reset = found.value;
  const member = await tx
    .selectFrom('member')
    .select(['email', 'is_blocked'])
    .where('id', '=', reset.member_id)
    .executeTakeFirstOrThrow();
  if (member.is_blocked === 1) return refuse(tx, ctx, problem('member-blocked'), reset.member_id, ip);
  return ok({ reset, email: member.email });
}

async function refuse(
  tx: Tx,
  ctx: ServerContext,
  refusal: Problem,
  memberId: string | null,
  ip: string,
): Promise<Result<never>> {
  await appendRefusal(tx, {
    at: ctx.now(),
    actor: 'anonymous',
    action: 'mfa-reset.link',
    subject: memberId === null ? null : `member:${memberId}`,
    outcome: 'refused',
    ip,
    details: { refusal: refusal.code, ...('why' in refusal ? { why: refusal.why } : {}) },
  });
  return { ok: false, problem: refusal };
}
