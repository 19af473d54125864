import type { ClockDrift } from '../../../src-shared/otp-code.ts';
import { type Problem, problem } from '../../../src-shared/problem.ts';
import { usedCodeProblem } from '../../../src-shared/used-code.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import { appendRefusal } from '../../audit/refusals.ts';
import type { ServerContext } from '../../context.ts';
import type { Db, Tx } from '../../db/database.ts';
import { prepared } from '../../db/prepared.ts';
import type { BackupCodeRow, FactorRow } from '../../db/schema.ts';
import { enqueueMail } from '../../mail/outbox.ts';
import { type Charge, chargeAttempt, clearAttempts } from './attempts.ts';
import { canonicalBackupCode } from './backup-codes.ts';
import { noteRefusedSteps, readRefusedSteps } from './refused-steps.ts';
import { inHashTurn } from './secret-hash.ts';
import {
  driftOf,
  matchingSteps,
  newTotpSecret,
  TOTP_DRIFT_WINDOW,
  TOTP_STEP_MS,
  TOTP_WINDOW,
  totpStep,
} from './totp.ts';

/** So many failures in a row disable the factor until an administrator acts. */
const DISABLE_AFTER_FAILURES = 100;

export interface CodeInput {
  memberId: string;
  /** Normalised by the schemas of `otp-code.ts`. */
  code: string;
  /** As in `AuditEntry.actor`. */
  actor: string;
  ip: string | null;
}

/** `step` is the TOTP step that was spent; 0 for a backup code. */
export type CodeOutcome = { ok: true; factorId: string; step: number } | { ok: false; problem: Problem };

/** Where the failures of a member are counted. */
export const attemptKeys = {
  totp: (memberId: string) => `member:${memberId}:totp`,
  backupCode: (memberId: string) => `member:${memberId}:backup-code`,
  password: (memberId: string) => `member:${memberId}:password`,
};

/** Compared against when there is no factor, so that the answer takes as long. */
const nobodysSecret = newTotpSecret();

/**
 * Checks a one-time password in the caller's transaction (RFC 6238 §5.2): throttled → charged → compared → spent by
 * one conditional write. A refusal is a value, so that the charge is committed with it. The step of a code that was
 * refused, early or late, is spent as well: whoever reads "your clock is ahead" must not just wait for it.
 */
export async function checkTotp(tx: Tx, ctx: ServerContext, input: CodeInput): Promise<CodeOutcome> {
  const { memberId, code } = input;
  const now = ctx.now();
  const key = attemptKeys.totp(memberId);
  const record = recorder(tx, now, 'proof.totp', input);
  const factor = await activeFactor(tx, memberId);
  if (factor?.is_disabled) return record.refused(problem('factor-disabled'));
  const charge = await chargeAttempt(tx, key, now);
  if (!charge.ok) return record.refused(throttled(charge.retryAfterMs));

  const secret = factor ? openSecret(ctx, factor) : nobodysSecret;
  const current = totpStep(now);
  const found = matchingSteps(secret, code, current - TOTP_WINDOW, current + TOTP_WINDOW);
  if (!factor) return record.refused(wrongCode(charge));
  const { id: factorId, last_step } = factor;
  const refused = readRefusedSteps(factor);
  const step = found.find((match) => match > last_step && !refused.includes(match));
  if (step !== undefined && (await spendStep(tx, factor, step))) {
    await clearAttempts(tx, key);
    await record.accepted({ factorId, step });
    return { ok: true, factorId, step };
  }
  const near =
    found.length > 0
      ? []
      : matchingSteps(secret, code, current - TOTP_DRIFT_WINDOW, current + TOTP_DRIFT_WINDOW);
  await noteRefusedSteps(tx, factor, near, current);
  if (charge.failuresInRow >= DISABLE_AFTER_FAILURES) {
    await tx.updateTable('factor').set({ is_disabled: 1 }).where('id', '=', factorId).execute();
    const at = new Date(now).toISOString();
    await enqueueMail(tx, ctx, memberId, { kind: 'factor-disabled', at, ip: input.ip });
    return record.refused(problem('factor-disabled'), { factorId, failuresInRow: charge.failuresInRow });
  }
  if (found.length > 0 || near.includes(last_step))
    return record.refused(usedCode(now, Math.max(last_step, ...found)), { factorId });
  const [drifted] = near;
  return record.refused(wrongCode(charge, drifted === undefined ? undefined : driftOf(drifted, current)));
}

/** A backup code that was right; whether it is still unused shows when it is spent. */
export interface BackupCodeMatch {
  backupCodeId: string;
}

/**
 * Looks for a backup code, in transactions of its own, because comparing costs tens of milliseconds per code. Charged
 * before; nothing is spent.
 */
export async function matchBackupCode(
  ctx: ServerContext,
  input: CodeInput,
): Promise<{ ok: true; match: BackupCodeMatch } | { ok: false; problem: Problem }> {
  const { db } = ctx.database;
  // Charged in the same turn: who is sent away has not tried.
  const tried = await inHashTurn('known', async (hasher) => {
    const charged = await chargeBackupCode(ctx, input);
    if (!charged.ok) return charged;
    const canonical = canonicalBackupCode(input.code);
    for (const row of charged.codes)
      if (await hasher.matches(canonical, row.code_hash)) return { ...charged, match: row };
    return { ...charged, match: null };
  });
  if (!tried.ok) return tried;
  const { match, charge } = tried;
  if (match) return { ok: true, match: { backupCodeId: match.id } };
  return db
    .transaction()
    .execute((tx) => recorder(tx, ctx.now(), 'proof.backup-code', input).refused(wrongCode(charge)));
}

/** Charges one attempt and reads what it may match. */
function chargeBackupCode(
  ctx: ServerContext,
  input: CodeInput,
): Promise<
  { ok: true; charge: Charge & { ok: true }; codes: BackupCodeRow[] } | { ok: false; problem: Problem }
> {
  const { memberId } = input;
  return ctx.database.db.transaction().execute(async (tx) => {
    const now = ctx.now();
    const record = recorder(tx, now, 'proof.backup-code', input);
    const factor = await activeFactor(tx, memberId);
    if (factor?.is_disabled) return record.refused(problem('factor-disabled'));
    const charge = await chargeAttempt(tx, attemptKeys.backupCode(memberId), now);
    if (!charge.ok) return record.refused(throttled(charge.retryAfterMs));
    const codes = factor
      ? await tx.selectFrom('backup_code').selectAll().where('factor_id', '=', factor.id).execute()
      : [];
    return { ok: true as const, charge, codes };
  });
}

/** Marks the code used by one conditional write, in the caller's transaction. */
export async function spendBackupCode(
  tx: Tx,
  ctx: ServerContext,
  input: Omit<CodeInput, 'code'>,
  { backupCodeId }: BackupCodeMatch,
): Promise<CodeOutcome> {
  const now = ctx.now();
  const record = recorder(tx, now, 'proof.backup-code', input);
  const spent = await tx
    .updateTable('backup_code')
    .set({ used_at: now })
    .where('id', '=', backupCodeId)
    .where('used_at', 'is', null)
    .where('factor_id', 'in', activeFactorIds(tx, input.memberId))
    .returning('factor_id')
    .executeTakeFirst();
  if (!spent) return record.refused(usedBackupCode());
  await clearAttempts(tx, attemptKeys.backupCode(input.memberId));
  await record.accepted({ factorId: spent.factor_id, backupCodeId });
  await enqueueMail(tx, ctx, input.memberId, {
    kind: 'backup-code-used',
    at: new Date(now).toISOString(),
    ip: input.ip,
    codesLeft: await backupCodesLeft(tx, spent.factor_id),
  });
  return { ok: true, factorId: spent.factor_id, step: 0 };
}

/** How many of the factor's backup codes were not used yet. */
export async function backupCodesLeft(tx: Tx | Db, factorId: string): Promise<number> {
  const { count } = await tx
    .selectFrom('backup_code')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('factor_id', '=', factorId)
    .where('used_at', 'is', null)
    .executeTakeFirstOrThrow();
  return count;
}

/** Looks for a backup code and spends it. */
export async function checkBackupCode(ctx: ServerContext, input: CodeInput): Promise<CodeOutcome> {
  const found = await matchBackupCode(ctx, input);
  if (!found.ok) return found;
  return ctx.database.db.transaction().execute((tx) => spendBackupCode(tx, ctx, input, found.match));
}

/** The member's factor that counts, disabled or not. */
export async function activeFactor(tx: Db | Tx, memberId: string): Promise<FactorRow | undefined> {
  const { rows } = await factorOf(tx, { memberId });
  return rows[0];
}

const factorOf = prepared<{ memberId: string }, FactorRow>((db, param) =>
  db
    .selectFrom('factor')
    .selectAll()
    .where('member_id', '=', param('memberId'))
    .where('state', '=', 'active'),
);

function activeFactorIds(tx: Tx, memberId: string) {
  return tx
    .selectFrom('factor')
    .select('id')
    .where('member_id', '=', memberId)
    .where('state', '=', 'active')
    .where('is_disabled', '=', 0);
}

/** The Base32 secret of a factor. */
export function openSecret(ctx: ServerContext, factor: Pick<FactorRow, 'secret_sealed'>): string {
  return Buffer.from(ctx.keys.sealedBox.open(factor.secret_sealed)).toString('utf8');
}

/** `factor` as it was just read: a refusal that came between is a reason to refuse. */
async function spendStep(tx: Tx, factor: FactorRow, step: number): Promise<boolean> {
  const { id: factorId, refused_steps_json: refused } = factor;
  const { numAffectedRows } = await takeStep(tx, { factorId, step, refused });
  return numAffectedRows === 1n;
}

const takeStep = prepared<{ factorId: string; step: number; refused: string }, unknown>((db, param) =>
  db
    .updateTable('factor')
    .set({ last_step: param('step') })
    .where('id', '=', param('factorId'))
    .where('last_step', '<', param('step'))
    .where('refused_steps_json', '=', param('refused'))
    .where('state', '=', 'active')
    .where('is_disabled', '=', 0),
);

function throttled(retryAfterMs: number): Problem {
  return problem('too-many-attempts', undefined, { retryAfterMs });
}

export function wrongCode({ attemptsLeft, waitMs }: Charge & { ok: true }, drift?: ClockDrift): Problem {
  return problem('invalid-code', undefined, {
    attemptsLeft,
    ...(drift === undefined ? {} : { drift }),
    ...(waitMs > 0 ? { retryAfterMs: waitMs } : {}),
  });
}

/** `nextCodeInMs`: until an authenticator with the right time shows a code that has not been overtaken; 0 when it does. */
function usedCode(now: number, lastStep: number): Problem {
  return usedCodeProblem(Math.max(0, (lastStep + 1) * TOTP_STEP_MS - now));
}

function usedBackupCode(): Problem {
  return problem('code-already-used', 'That backup code was already used. Use another one.', {
    nextCodeInMs: 0,
  });
}

function recorder(tx: Tx, at: number, action: string, { memberId, actor, ip }: Omit<CodeInput, 'code'>) {
  const entry = { at, actor, action, subject: `member:${memberId}`, ip };
  return {
    accepted: (details: Record<string, unknown>) => appendAudit(tx, { ...entry, outcome: 'ok', details }),
    async refused(refusal: Problem, details: Record<string, unknown> = {}) {
      // Who has to wait and goes on trying costs nothing to look at, and must not fill the log either.
      const append = refusal.code === 'too-many-attempts' ? appendRefusal : appendAudit;
      await append(tx, { ...entry, outcome: 'refused', details: { ...details, refusal: refusal.code } });
      return { ok: false as const, problem: refusal };
    },
  };
}
