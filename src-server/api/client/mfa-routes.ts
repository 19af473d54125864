import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { reasonSchema } from '../../../src-shared/challenge.ts';
import {
  mfaConfirmAnswer,
  mfaConfirmRequest,
  mfaSetupAnswer,
  mfaSetupRequest,
} from '../../../src-shared/client-api.ts';
import { fail, ok, problemSchema, type Result } from '../../../src-shared/problem.ts';
import type { ServerContext } from '../../context.ts';
import { plainAddress } from '../../http/client-address.ts';
import { sendProblem } from '../../http/problem-reply.ts';
import { authenticateSession, sessionEnd } from '../../http/session.ts';
import { findSignInToken, spendSignInToken } from '../../people/sign-in/sign-in-token.ts';
import {
  activateFactor,
  checkFirstCode,
  prepareBackupCodes,
  setUpFactor,
} from '../../proof/mfa/enrolment.ts';

/** A new factor within a session needs the password to have been entered this recently. */
const FRESH_SIGN_IN_MS = 10 * 60_000;

/** `POST /client/v1/mfa/setup` and `/mfa/confirm`: with the token of a sign-in, or within a session. */
export function registerMfaRoutes(plain: FastifyInstance, ctx: ServerContext): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const { db } = ctx.database;
  app.post(
    '/client/v1/mfa/setup',
    {
      schema: {
        summary: 'Begin to set up an authenticator app',
        tags: ['client'],
        body: mfaSetupRequest,
        response: { 200: mfaSetupAnswer, default: problemSchema },
      },
    },
    async (request, reply) => {
      const caller = await identify(ctx, request, request.body.setupToken);
      if (!caller.ok) return sendProblem(reply, caller.problem);
      const answer = await db.transaction().execute((tx) => setUpFactor(tx, ctx, caller.value.memberId));
      return answer.ok ? reply.send(answer.value) : sendProblem(reply, answer.problem);
    },
  );
  app.post(
    '/client/v1/mfa/confirm',
    {
      schema: {
        summary: 'Finish the set-up with a first code; answers the backup codes, once',
        tags: ['client'],
        body: mfaConfirmRequest,
        response: { 200: mfaConfirmAnswer, default: problemSchema },
      },
    },
    async (request, reply) => {
      const { factorId, code, setupToken } = request.body;
      const caller = await identify(ctx, request, setupToken);
      if (!caller.ok) return sendProblem(reply, caller.problem);
      const { memberId, tokenHash, sessionId } = caller.value;
      const ip = plainAddress(request.ip);
      const step = await db
        .transaction()
        .execute((tx) => checkFirstCode(tx, ctx, { memberId, factorId, code, ip }));
      if (!step.ok) return sendProblem(reply, step.problem);
      const { codes, hashes } = await prepareBackupCodes(ctx);
      const actor = `member:${memberId}`;
      const activated = await db.transaction().execute(async (tx) => {
        if (tokenHash !== null && !(await spendSignInToken(tx, tokenHash, ctx.now())))
          return fail('mfa-token-invalid');
        // The backup codes took their time.
        const ended = sessionId === null ? null : await sessionEnd(tx, sessionId);
        if (ended) return { ok: false as const, problem: ended };
        return activateFactor(tx, ctx, {
          memberId,
          factorId,
          step: step.value,
          backupCodeHashes: hashes,
          how: 'first',
          sessionId: null,
          actor,
          ip,
        });
      });
      return activated.ok ? reply.send({ backupCodes: codes }) : sendProblem(reply, activated.problem);
    },
  );
}

async function identify(
  ctx: ServerContext,
  request: FastifyRequest,
  setupToken: string | undefined,
): Promise<Result<{ memberId: string; tokenHash: string | null; sessionId: string | null }>> {
  if (setupToken === undefined) {
    const session = await authenticateSession(ctx, request);
    if (!session.ok) return session;
    const { memberId, sessionId } = session.value;
    if (!(await isFreshSignIn(ctx, sessionId)))
      return fail('session-invalid', 'Sign in again to set up an authenticator app.');
    return ok({ memberId, tokenHash: null, sessionId });
  }
  return ctx.database.db.transaction().execute(async (tx) => {
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

/**
 * Whether the session was made a moment ago and after the device's connection was last ended: a member without a
 * factor who was thrown out must not pass the gate with one that was made from the old session.
 */
async function isFreshSignIn(ctx: ServerContext, sessionId: string): Promise<boolean> {
  const { created_at, gate_reason_json } = await ctx.database.db
    .selectFrom('session')
    .innerJoin('device', 'device.id', 'session.device_id')
    .select(['session.created_at', 'device.gate_reason_json'])
    .where('session.id', '=', sessionId)
    .executeTakeFirstOrThrow();
  const endedAt = gate_reason_json ? Date.parse(reasonSchema.parse(JSON.parse(gate_reason_json)).at) : null;
  return created_at > ctx.now() - FRESH_SIGN_IN_MS && (endedAt === null || created_at > endedAt);
}
