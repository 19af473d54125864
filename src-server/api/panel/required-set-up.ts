import { fail, ok, type Result } from '../../../src-shared/problem.ts';
import type { ServerContext } from '../../context.ts';
import { type PendingSignIn, spendSignInToken } from '../../people/sign-in/sign-in-token.ts';
import {
  activateFactor,
  checkFirstCode,
  prepareBackupCodes,
  setUpFactor,
} from '../../proof/mfa/enrolment.ts';
import type { Caller } from './panel-session.ts';
import { pendingMember } from './panel-sign-in.ts';

/** Begins the set-up that the team's policy asks for. */
export function beginRequiredSetup(ctx: ServerContext, setupToken: string) {
  return ctx.database.db.transaction().execute(async (tx) => {
    const pending = await pendingMember(tx, ctx, setupToken, 'setup');
    return pending.ok ? setUpFactor(tx, ctx, pending.value.memberId) : pending;
  });
}

/** Finishes it with the first code. The sign-in begins anew then, with the new factor. */
export async function confirmRequiredSetup(
  ctx: ServerContext,
  { setupToken, factorId, code }: { setupToken: string; factorId: string; code: string },
  { ip }: Caller,
): Promise<Result<{ backupCodes: string[] }>> {
  const { db } = ctx.database;
  const first = await db
    .transaction()
    .execute(async (tx): Promise<Result<PendingSignIn & { step: number }>> => {
      const pending = await pendingMember(tx, ctx, setupToken, 'setup');
      if (!pending.ok) return pending;
      const step = await checkFirstCode(tx, ctx, { memberId: pending.value.memberId, factorId, code, ip });
      return step.ok ? ok({ ...pending.value, step: step.value }) : step;
    });
  if (!first.ok) return first;
  const { memberId, tokenHash, step } = first.value;
  const { codes, hashes } = await prepareBackupCodes(ctx);
  return db.transaction().execute(async (tx): Promise<Result<{ backupCodes: string[] }>> => {
    const still = await pendingMember(tx, ctx, setupToken, 'setup');
    if (!still.ok) return still;
    if (!(await spendSignInToken(tx, tokenHash, ctx.now()))) return fail('mfa-token-invalid');
    const activated = await activateFactor(tx, ctx, {
      memberId,
      factorId,
      step,
      backupCodeHashes: hashes,
      how: 'first',
      sessionId: null,
      actor: `member:${memberId}`,
      ip,
    });
    return activated.ok ? ok({ backupCodes: codes }) : activated;
  });
}
