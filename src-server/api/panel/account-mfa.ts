import type { KnownReason } from '../../../src-shared/challenge.ts';
import { fail, ok, type Result } from '../../../src-shared/problem.ts';
import { endingAccess } from '../../access/enforcement/ending-access.ts';
import type { Enforcement } from '../../access/enforcement/enforcement.ts';
import { type RecordedEnd, recordEnd } from '../../access/enforcement/record-end.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import type { ServerContext } from '../../context.ts';
import type { Tx } from '../../db/database.ts';
import type { FactorRow } from '../../db/schema.ts';
import { enqueueMail } from '../../mail/outbox.ts';
import type { PasswordCheck } from '../../people/sign-in/password-check.ts';
import { activeFactor } from '../../proof/mfa/code-check.ts';
import {
  activateFactor,
  checkFirstCode,
  endFactor,
  insertBackupCodes,
  type NewFactor,
  prepareBackupCodes,
  setUpFactor,
} from '../../proof/mfa/enrolment.ts';
import { endPendingFactors, lastEndOfAccess } from '../../proof/mfa/pending-factor.ts';
import { readPolicy } from '../../proof/policy/policy-store.ts';
import { mfaPermissions } from './account-rules.ts';
import { provePassword } from './change-password.ts';
import { isStillSignedIn, type PanelIdentity } from './panel-guard.ts';

export interface MfaParts {
  ctx: ServerContext;
  enforcement: Enforcement;
  checkPassword: PasswordCheck;
}

/** Begins the first factor or one that replaces another; the other stays valid until the new one is confirmed. */
export async function beginFactor(
  { ctx, checkPassword }: MfaParts,
  identity: PanelIdentity,
  password: string | undefined,
): Promise<Result<NewFactor>> {
  const { db } = ctx.database;
  const reading = db.transaction().setAccessMode('read only');
  const { may, factor } = await reading.execute((tx) => present(tx, ctx, identity));
  if (!may.replaceFactor.isAllowed) return fail('factor-disabled', may.replaceFactor.why ?? undefined);
  if (may.replaceFactor.needsPassword) {
    if (password === undefined) return fail('password-required');
    const proven = await provePassword(checkPassword, identity, password);
    if (!proven.ok) return proven;
  }
  return db.transaction().execute(async (tx): Promise<Result<NewFactor>> => {
    if (!(await isStillSignedIn(tx, identity, ctx.now()))) return fail('session-invalid');
    return setUpFactor(tx, ctx, identity.memberId, { mayReplace: factor !== undefined });
  });
}

/**
 * Confirms it with its first code. Where it replaces another, that one and its backup codes end in the same transaction,
 * the epoch of every device moves and connections end: what was proven with the old one is worthless.
 */
export async function confirmFactor(
  { ctx, enforcement }: MfaParts,
  identity: PanelIdentity,
  { factorId, code }: { factorId: string; code: string },
): Promise<Result<{ backupCodes: string[] }>> {
  const { db } = ctx.database;
  const { memberId, session, actor, ip } = identity;
  const step = await db
    .transaction()
    .execute((tx) => checkFirstCode(tx, ctx, { memberId, factorId, code, ip }));
  if (!step.ok) return step;
  const { codes, hashes } = await prepareBackupCodes(ctx);
  const done = await endingAccess(ctx, enforcement, async (tx): Promise<Result<RecordedEnd>> => {
    if (!(await isStillSignedIn(tx, identity, ctx.now()))) return fail('session-invalid');
    const { factor, may } = await present(tx, ctx, identity);
    if (!may.replaceFactor.isAllowed) return fail('factor-disabled', may.replaceFactor.why ?? undefined);
    const activated = await activateFactor(tx, ctx, {
      memberId,
      factorId,
      step: step.value,
      backupCodeHashes: hashes,
      how: factor ? 'replaced' : 'first',
      sessionId: session.id,
      actor,
      ip,
    });
    if (!activated.ok) return activated;
    const message = 'You set up a new authenticator. Connect with a code from it.';
    return ok(factor ? await endConnections(tx, ctx, identity, message) : { ended: [], frames: [] });
  });
  return done.ok ? ok({ backupCodes: codes }) : done;
}

/** MFA off, where the team leaves it open. What was proven with the factor is worthless: connections end. */
export async function turnOffMfa(
  { ctx, enforcement, checkPassword }: MfaParts,
  identity: PanelIdentity,
  password: string,
): Promise<Result<unknown>> {
  const { memberId, actor, ip } = identity;
  const proven = await provePassword(checkPassword, identity, password);
  if (!proven.ok) return proven;
  return endingAccess(ctx, enforcement, async (tx): Promise<Result<RecordedEnd>> => {
    const now = ctx.now();
    if (!(await isStillSignedIn(tx, identity, now))) return fail('session-invalid');
    const { factor, may, isMfaRequired } = await present(tx, ctx, identity);
    if (!factor) return fail('not-found', 'MFA is off already.');
    if (!may.turnOffMfa.isAllowed)
      return fail(isMfaRequired ? 'mfa-kept' : 'factor-disabled', may.turnOffMfa.why ?? undefined);
    await endFactor(tx, factor.id, memberId);
    await endPendingFactors(tx, memberId);
    await appendAudit(tx, {
      at: now,
      actor,
      action: 'factor.turn-off',
      subject: actor,
      outcome: 'ok',
      ip,
      details: { factorId: factor.id, sessionMethod: identity.session.method },
    });
    await enqueueMail(tx, ctx, memberId, { kind: 'factor-off', at: new Date(now).toISOString(), ip });
    return ok(await endConnections(tx, ctx, identity, 'You turned off your second factor.'));
  });
}

/** Ten new backup codes; every earlier one is void, used or not. */
export async function regenerateBackupCodes(
  { ctx }: MfaParts,
  identity: PanelIdentity,
): Promise<Result<{ backupCodes: string[] }>> {
  const { db } = ctx.database;
  const check = async (tx: Tx): Promise<Result<FactorRow>> => {
    const { factor, may } = await present(tx, ctx, identity);
    if (!factor) return fail('not-found', may.regenerateBackupCodes.why ?? undefined);
    if (may.regenerateBackupCodes.isAllowed) return ok(factor);
    const code = factor.is_disabled === 1 ? 'factor-disabled' : 'code-sign-in-required';
    await appendAudit(tx, { ...entry(), outcome: 'refused', details: { refusal: code } });
    return fail(code, may.regenerateBackupCodes.why ?? undefined);
  };
  const entry = () => ({
    at: ctx.now(),
    actor: identity.actor,
    action: 'backup-codes.regenerate',
    subject: identity.actor,
    ip: identity.ip,
  });
  const first = await db.transaction().execute(check);
  if (!first.ok) return first;
  const { codes, hashes } = await prepareBackupCodes(ctx);
  return db.transaction().execute(async (tx): Promise<Result<{ backupCodes: string[] }>> => {
    // Hashing took its time.
    if (!(await isStillSignedIn(tx, identity, ctx.now()))) return fail('session-invalid');
    const factor = await check(tx);
    if (!factor.ok) return factor;
    await tx.deleteFrom('backup_code').where('factor_id', '=', factor.value.id).execute();
    await insertBackupCodes(tx, factor.value.id, hashes, ctx.now());
    await appendAudit(tx, { ...entry(), outcome: 'ok', details: { factorId: factor.value.id } });
    return ok({ backupCodes: codes });
  });
}

/** The factor and what may be done with it, by the session as it is now. */
async function present(tx: Tx, ctx: ServerContext, { memberId, session }: PanelIdentity) {
  const factor = await activeFactor(tx, memberId);
  const isMfaRequired = (await readPolicy(tx)).mfaRequired.panel;
  const { totp_factor_id } = await tx
    .selectFrom('session')
    .select('totp_factor_id')
    .where('id', '=', session.id)
    .executeTakeFirstOrThrow();
  const may = mfaPermissions({
    factor,
    session: { ...session, totp_factor_id },
    isMfaRequired,
    lastEnd: await lastEndOfAccess(tx, memberId),
    now: ctx.now(),
  });
  return { factor, may, isMfaRequired };
}

async function endConnections(
  tx: Tx,
  ctx: ServerContext,
  { memberId, actor, ip }: PanelIdentity,
  message: string,
): Promise<RecordedEnd> {
  const now = ctx.now();
  const reason: KnownReason = { code: 'mfa-changed', message, at: new Date(now).toISOString() };
  return recordEnd(tx, { scope: { memberId }, reason, actor, ip, now, policy: await readPolicy(tx) });
}
