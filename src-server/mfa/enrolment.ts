import { fail, ok, type Problem, problem, type Result } from '../../src-shared/problem.ts';
import { appendAudit } from '../audit/audit-log.ts';
import type { ServerContext } from '../context.ts';
import type { Tx } from '../db/database.ts';
import { newId } from '../tokens.ts';
import { chargeAttempt, clearAttempts } from './attempts.ts';
import { canonicalBackupCode, newBackupCodes } from './backup-codes.ts';
import { activeFactor, openSecret, wrongCode } from './code-check.ts';
import { hashSecret } from './secret-hash.ts';
import { matchingSteps, newTotpSecret, otpauthUri, TOTP_WINDOW, totpStep } from './totp.ts';

export interface NewFactor {
  factorId: string;
  /** Base32. */
  secret: string;
  otpauthUri: string;
}

/** Makes a factor that counts for nothing until it is confirmed. An active one is not replaced here. */
export async function setUpFactor(tx: Tx, ctx: ServerContext, memberId: string): Promise<Result<NewFactor>> {
  if (await activeFactor(tx, memberId)) return fail('factor-exists');
  const { email } = await tx
    .selectFrom('member')
    .select('email')
    .where('id', '=', memberId)
    .executeTakeFirstOrThrow();
  const now = ctx.now();
  const factorId = newId(now);
  const secret = newTotpSecret();
  await tx
    .updateTable('factor')
    .set({ state: 'ended' })
    .where('member_id', '=', memberId)
    .where('state', '=', 'pending')
    .execute();
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
  const factor = await tx
    .selectFrom('factor')
    .selectAll()
    .where('id', '=', factorId)
    .where('member_id', '=', memberId)
    .where('state', '=', 'pending')
    .executeTakeFirst();
  if (!factor) return refuse(problem('not-found', 'That set-up has expired. Start it again.'));
  const charge = await chargeAttempt(tx, key, now);
  if (!charge.ok)
    return refuse(problem('too-many-attempts', undefined, { retryAfterMs: charge.retryAfterMs }));
  const current = totpStep(now);
  const step = matchingSteps(openSecret(ctx, factor), code, current - TOTP_WINDOW, current + TOTP_WINDOW).at(
    -1,
  );
  if (step === undefined) return refuse(wrongCode(charge));
  await clearAttempts(tx, key);
  return ok(step);
}

/** Ten backup codes with their hashes. Slow (argon2id): call it outside any transaction. */
export async function prepareBackupCodes(ctx: ServerContext): Promise<{ codes: string[]; hashes: string[] }> {
  const codes = newBackupCodes();
  const hashes = await Promise.all(
    codes.map((code) => hashSecret(canonicalBackupCode(code), ctx.config.argon2)),
  );
  return { codes, hashes };
}

/** The pending factor becomes the one that counts; `factor-exists` when another was first. */
export async function activateFactor(
  tx: Tx,
  ctx: ServerContext,
  input: {
    memberId: string;
    factorId: string;
    /** Newest spent step; 0 when no code was used. */
    step: number;
    backupCodeHashes: string[];
    actor: string;
    ip: string | null;
  },
): Promise<Result<void>> {
  const { memberId, factorId, step, backupCodeHashes, actor, ip } = input;
  const now = ctx.now();
  if (await activeFactor(tx, memberId)) return fail('factor-exists');
  const { numUpdatedRows } = await tx
    .updateTable('factor')
    .set({ state: 'active', last_step: step })
    .where('id', '=', factorId)
    .where('state', '=', 'pending')
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) return fail('not-found', 'That set-up has expired. Start it again.');
  for (const code_hash of backupCodeHashes)
    await tx
      .insertInto('backup_code')
      .values({ id: newId(now), factor_id: factorId, code_hash, used_at: null })
      .execute();
  await appendAudit(tx, {
    at: now,
    actor,
    action: 'factor.confirm',
    subject: `member:${memberId}`,
    outcome: 'ok',
    ip,
    details: { factorId },
  });
  return ok(undefined);
}
