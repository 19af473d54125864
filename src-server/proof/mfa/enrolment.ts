import { fail, ok, type Problem, problem, type Result } from '../../../src-shared/problem.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import type { ServerContext } from '../../context.ts';
import type { Tx } from '../../db/database.ts';
import { enqueueMail } from '../../mail/outbox.ts';
import { newId } from '../../tokens.ts';
import { chargeAttempt, clearAttempts } from './attempts.ts';
import { canonicalBackupCode, newBackupCodes } from './backup-codes.ts';
import { activeFactor, attemptKeys, openSecret, wrongCode } from './code-check.ts';
import { endPendingFactors, pendingFactor } from './pending-factor.ts';
import { inHashTurn } from './secret-hash.ts';
import { matchingSteps, newTotpSecret, otpauthUri, TOTP_WINDOW, totpStep } from './totp.ts';

export interface NewFactor {
  factorId: string;
  /** Base32. */
  secret: string;
  otpauthUri: string;
}

/**
 * Makes a factor that counts for nothing until it is confirmed. `factor-exists` where an active one may not be replaced;
 * where it may, it stays valid until then. An earlier one that was never confirmed ends.
 */
export async function setUpFactor(
  tx: Tx,
  ctx: ServerContext,
  memberId: string,
  { mayReplace = false }: { mayReplace?: boolean } = {},
): Promise<Result<NewFactor>> {
  if (!mayReplace && (await activeFactor(tx, memberId))) return fail('factor-exists');
  const { email } = await tx
    .selectFrom('member')
    .select('email')
    .where('id', '=', memberId)
    .executeTakeFirstOrThrow();
  const now = ctx.now();
  const factorId = newId(now);
  const secret = newTotpSecret();
  await endPendingFactors(tx, memberId);
  await tx
    .insertInto('factor')
    .values({
      id: factorId,
      member_id: memberId,
      secret_sealed: ctx.keys.sealedBox.seal(Buffer.from(secret)),
      state: 'pending',
      is_disabled: 0,
      last_step: 0,
      created_at: now,
      refused_steps_json: '[]',
    })
    .execute();
  return ok({ factorId, secret, otpauthUri: otpauthUri(secret, ctx.config.teamName, email) });
}

/**
 * Checks the first code of a pending factor, throttled like any other. Answers the step, which the activation
 * records, so that this code is spent too.
 */
export async function checkFirstCode(
  tx: Tx,
  ctx: ServerContext,
  input: { memberId: string; factorId: string; code: string; ip: string | null },
): Promise<Result<number>> {
  const { memberId, factorId, code, ip } = input;
  const now = ctx.now();
  const key = `member:${memberId}:factor-setup`;
  const refuse = async (refusal: Problem): Promise<Result<number>> => {
    await appendAudit(tx, {
      at: now,
      actor: `member:${memberId}`,
      action: 'factor.confirm',
      subject: `member:${memberId}`,
      outcome: 'refused',
      ip,
      details: { refusal: refusal.code },
    });
    return { ok: false, problem: refusal };
  };
  const pending = await pendingFactor(tx, { memberId, factorId, now });
  if (!pending.ok) return refuse(pending.problem);
  const charge = await chargeAttempt(tx, key, now);
  if (!charge.ok)
    return refuse(problem('too-many-attempts', undefined, { retryAfterMs: charge.retryAfterMs }));
  const current = totpStep(now);
  const step = matchingSteps(
    openSecret(ctx, pending.value),
    code,
    current - TOTP_WINDOW,
    current + TOTP_WINDOW,
  ).at(-1);
  if (step === undefined) return refuse(wrongCode(charge));
  await clearAttempts(tx, key);
  return ok(step);
}

/** Ten backup codes with their hashes. Slow (argon2id): call it outside any transaction. */
export async function prepareBackupCodes(ctx: ServerContext): Promise<{ codes: string[]; hashes: string[] }> {
  const codes = newBackupCodes();
  const hashes = await inHashTurn('known', async (hasher) => {
    const made: string[] = [];
    for (const code of codes) made.push(await hasher.hash(canonicalBackupCode(code), ctx.config.argon2));
    return made;
  });
  return { codes, hashes };
}

/** How a factor comes to count: the first one, in place of another, or in place of one that cannot be asked for. */
export type FactorBegin = 'first' | 'replaced' | 'reset';

/**
 * The pending factor becomes the one that counts. An older one ends with its backup codes, unless this was to be the
 * `first`: then `factor-exists`. The member's other panel sessions end: none of them has answered to this factor. The
 * member is told by mail, except of what was set up on the server's own machine.
 */
export async function activateFactor(
  tx: Tx,
  ctx: ServerContext,
  input: {
    memberId: string;
    factorId: string;
    /** Newest spent step; 0 when no code was used. */
    step: number;
    backupCodeHashes: string[];
    how: FactorBegin;
    /** The panel session that set it up: it has answered to it. */
    sessionId: string | null;
    actor: string;
    ip: string | null;
  },
): Promise<Result<void>> {
  const { memberId, factorId, step, backupCodeHashes, how, sessionId, actor, ip } = input;
  const now = ctx.now();
  const pending = await pendingFactor(tx, { memberId, factorId, now });
  if (!pending.ok) return pending;
  const old = await activeFactor(tx, memberId);
  if (old && how === 'first') return fail('factor-exists');
  if (old) await endFactor(tx, old.id, memberId);
  await tx
    .updateTable('factor')
    .set({ state: 'active', last_step: step })
    .where('id', '=', factorId)
    .execute();
  await insertBackupCodes(tx, factorId, backupCodeHashes, now);
  await tx
    .updateTable('session')
    .set({ ended_at: now })
    .where('member_id', '=', memberId)
    .where('kind', '=', 'panel')
    .where('id', '!=', sessionId ?? '')
    .where('ended_at', 'is', null)
    .execute();
  if (sessionId !== null)
    await tx.updateTable('session').set({ totp_factor_id: factorId }).where('id', '=', sessionId).execute();
  await appendAudit(tx, {
    at: now,
    actor,
    action: 'factor.confirm',
    subject: `member:${memberId}`,
    outcome: 'ok',
    ip,
    details: { factorId, how, ...(old ? { replaced: old.id } : {}) },
  });
  if (actor !== 'cli')
    await enqueueMail(tx, ctx, memberId, {
      kind: 'factor-new',
      at: new Date(now).toISOString(),
      ip,
      how: old ? how : 'first',
    });
  return ok(undefined);
}

/** The factor and its backup codes count no more, and nothing is held against the next one. */
export async function endFactor(tx: Tx, factorId: string, memberId: string): Promise<void> {
  await tx.updateTable('factor').set({ state: 'ended' }).where('id', '=', factorId).execute();
  await clearAttempts(tx, attemptKeys.totp(memberId));
  await clearAttempts(tx, attemptKeys.backupCode(memberId));
}

/** Backup codes of a factor, by their hashes. */
export async function insertBackupCodes(
  tx: Tx,
  factorId: string,
  hashes: string[],
  now: number,
): Promise<void> {
  for (const code_hash of hashes)
    await tx
      .insertInto('backup_code')
      .values({ id: newId(now), factor_id: factorId, code_hash, used_at: null })
      .execute();
}
