import type { PanelStepUpRequest } from '../../../src-shared/panel/session.ts';
import { fail, ok, type Result } from '../../../src-shared/problem.ts';
import type { ServerContext } from '../../context.ts';
import type { Tx } from '../../db/database.ts';
import { recordStepUp, stepUpMethods } from '../../people/session/step-up.ts';
import type { PasswordCheck } from '../../people/sign-in/password-check.ts';
import { type CodeOutcome, checkTotp, matchBackupCode, spendBackupCode } from '../../proof/mfa/code-check.ts';
import { provePassword } from './change-password.ts';
import { isStillSignedIn, type PanelIdentity } from './panel-guard.ts';

/** Takes a proof within a session. It is counted, and a code spent, like those of a sign-in and of a connection. */
export async function stepUp(
  ctx: ServerContext,
  checkPassword: PasswordCheck,
  identity: PanelIdentity,
  given: PanelStepUpRequest,
): Promise<Result<void>> {
  const { memberId, actor, ip } = identity;
  const { db } = ctx.database;
  /** Nothing is spent for a session that has ended meanwhile. */
  const prove = (check: (tx: Tx) => Promise<CodeOutcome>): Promise<Result<void>> =>
    db.transaction().execute(async (tx): Promise<Result<void>> => {
      const now = ctx.now();
      if (!(await isStillSignedIn(tx, identity, now))) return fail('session-invalid');
      const checked = await check(tx);
      if (!checked.ok) return checked;
      await recordStepUp(tx, identity, { factorId: checked.factorId, now });
      return ok(undefined);
    });
  switch (given.method) {
    case 'totp':
      return prove((tx) => checkTotp(tx, ctx, { memberId, code: given.code, actor, ip }));
    case 'backup-code': {
      const found = await matchBackupCode(ctx, { memberId, code: given.code, actor, ip });
      return found.ok ? prove((tx) => spendBackupCode(tx, ctx, { memberId, actor, ip }, found.match)) : found;
    }
    case 'password': {
      const asked = await mayGivePassword(db, memberId);
      if (!asked.ok) return asked;
      const proven = await provePassword(checkPassword, identity, given.password);
      if (!proven.ok) return proven;
      return db.transaction().execute(async (tx): Promise<Result<void>> => {
        const now = ctx.now();
        // Comparing took its time.
        if (!(await isStillSignedIn(tx, identity, now))) return fail('session-invalid');
        const still = await mayGivePassword(tx, memberId);
        if (still.ok) await recordStepUp(tx, identity, { factorId: null, now });
        return still;
      });
    }
  }
}

async function mayGivePassword(
  db: ServerContext['database']['db'] | Tx,
  memberId: string,
): Promise<Result<void>> {
  const methods = await stepUpMethods(db, memberId);
  if (!methods.ok) return methods;
  return methods.value.includes('password')
    ? ok(undefined)
    : fail('wrong-state', 'You have an authenticator app: enter a code of it.');
}
