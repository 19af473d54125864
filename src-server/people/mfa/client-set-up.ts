import type { IncomingHttpHeaders } from 'node:http';
import { fail, ok, type Result } from '../../../src-shared/problem.ts';
import type { ServerContext } from '../../context.ts';
import { authenticateSession, sessionEnd } from '../../http/session.ts';
import {
  activateFactor,
  checkFirstCode,
  type NewFactor,
  prepareBackupCodes,
  setUpFactor,
} from '../../proof/mfa/enrolment.ts';
import { endedAt, isFreshSignIn } from '../../proof/mfa/pending-factor.ts';
import { findSignInToken, spendSignInToken } from '../sign-in/sign-in-token.ts';

/** What says who sets up: the token of a sign-in or, without one, the session of the headers. */
export interface SetUpCaller {
  headers: IncomingHttpHeaders;
  setupToken: string | undefined;
  ip: string;
}

/** Begins to set up a client's authenticator. */
export async function beginClientSetUp(ctx: ServerContext, by: SetUpCaller): Promise<Result<NewFactor>> {
  const caller = await identify(ctx, by);
  if (!caller.ok) return caller;
  return ctx.database.db.transaction().execute((tx) => setUpFactor(tx, ctx, caller.value.memberId));
}

/** Finishes it with a first code; answers the backup codes, once. */
export async function confirmClientSetUp(
  ctx: ServerContext,
  by: SetUpCaller,
  { factorId, code }: { factorId: string; code: string },
): Promise<Result<{ backupCodes: string[] }>> {
  const { db } = ctx.database;
  const { ip } = by;
  const caller = await identify(ctx, by);
  if (!caller.ok) return caller;
  const { memberId, tokenHash, sessionId } = caller.value;
  const step = await db
    .transaction()
    .execute((tx) => checkFirstCode(tx, ctx, { memberId, factorId, code, ip }));
  if (!step.ok) return step;
  const { codes, hashes } = await prepareBackupCodes(ctx);
  return db.transaction().execute(async (tx): Promise<Result<{ backupCodes: string[] }>> => {
    if (tokenHash !== null && !(await spendSignInToken(tx, tokenHash, ctx.now())))
      return fail('mfa-token-invalid');
    // The backup codes took their time.
    const ended = sessionId === null ? null : await sessionEnd(tx, sessionId);
    if (ended) return { ok: false, problem: ended };
    const activated = await activateFactor(tx, ctx, {
      memberId,
      factorId,
      step: step.value,
      backupCodeHashes: hashes,
      how: 'first',
      sessionId: null,
      actor: `member:${memberId}`,
      ip,
    });
    if (!activated.ok) return activated;
    // It has given a code now.
    if (sessionId !== null)
      await tx.updateTable('session').set({ method: 'totp' }).where('id', '=', sessionId).execute();
    return ok({ backupCodes: codes });
  });
}

async function identify(
  ctx: ServerContext,
  { headers, setupToken }: SetUpCaller,
): Promise<Result<{ memberId: string; tokenHash: string | null; sessionId: string | null }>> {
  if (setupToken === undefined) {
    const session = await authenticateSession(ctx, { headers });
    if (!session.ok) return session;
    const { memberId, sessionId } = session.value;
    if (!(await isOfFreshSignIn(ctx, sessionId)))
      return fail('session-invalid', 'Sign in again to set up an authenticator app.');
    return ok({ memberId, tokenHash: null, sessionId });
  }
  const reading = ctx.database.db.transaction().setAccessMode('read only');
  return reading.execute(async (tx) => {
    const token = await findSignInToken(tx, { token: setupToken, purpose: 'setup', now: ctx.now() });
    if (!token) return fail('mfa-token-invalid');
    const member = await tx
      .selectFrom('member')
      .select('is_blocked')
      .where('id', '=', token.memberId)
      .executeTakeFirstOrThrow();
    return member.is_blocked === 1
      ? fail('member-blocked')
      : ok({ memberId: token.memberId, tokenHash: token.tokenHash, sessionId: null });
  });
}

/** A new factor within a session needs the password to have been entered a moment ago. */
async function isOfFreshSignIn(ctx: ServerContext, sessionId: string): Promise<boolean> {
  const { created_at, gate_reason_json } = await ctx.database.db
    .selectFrom('session')
    .innerJoin('device', 'device.id', 'session.device_id')
    .select(['session.created_at', 'device.gate_reason_json'])
    .where('session.id', '=', sessionId)
    .executeTakeFirstOrThrow();
  return isFreshSignIn({ createdAt: created_at, lastEnd: endedAt(gate_reason_json), now: ctx.now() });
}
