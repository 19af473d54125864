import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import {
  backupCodesAnswer,
  newFactorAnswer,
  type PanelSession,
  panelConfirmRequest,
  panelMfaRequest,
  panelNewPasswordRequest,
  panelSession,
  panelSetupRequest,
  panelSignInRequest,
  panelStepUpRequest,
} from '../../../src-shared/panel/session.ts';
import { isGated } from '../../../src-shared/policy.ts';
import { problem, problemSchema, type Result } from '../../../src-shared/problem.ts';
import type { ServerContext } from '../../context.ts';
import { sendProblem } from '../../http/problem-reply.ts';
import type { PasswordCheck } from '../../people/sign-in/password-check.ts';
import { readPolicy } from '../../proof/policy/policy-store.ts';
import { csrfTokenOf } from './csrf.ts';
import { clearPanelCookie, panelIdentity, panelToken } from './panel-guard.ts';
import {
  type Caller,
  cookieFlags,
  endPanelSession,
  findPanelSession,
  PANEL_COOKIE,
  type PanelSessionRow,
} from './panel-session.ts';
import { type BegunSession, panelNewPassword, panelSignIn, panelSignInMfa } from './panel-sign-in.ts';
import { beginRequiredSetup, confirmRequiredSetup } from './required-set-up.ts';
import { stepUp } from './step-up.ts';
import { keepTrust, trustTokensOf } from './trust-cookie.ts';

const tags = ['panel'];

export function callerOf(request: FastifyRequest): Caller {
  return {
    ip: request.ip,
    userAgent: request.headers['user-agent'],
    trustTokens: trustTokensOf(request),
  };
}

/** `POST sign-in`, `sign-in/mfa`, `sign-in/password`, `mfa/setup`, `mfa/confirm`: what is asked before there is a session. */
export function registerPanelSignInRoutes(
  plain: FastifyInstance,
  ctx: ServerContext,
  checkPassword: PasswordCheck,
): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const begin = async (request: FastifyRequest, reply: FastifyReply, result: Result<BegunSession>) => {
    if (!result.ok) return sendProblem(reply, result.problem);
    await endSessionOfCookie(ctx, request);
    const { token, trustToken } = result.value;
    reply.setCookie(PANEL_COOKIE, token, cookieFlags);
    await keepTrust(ctx, reply, trustToken, trustTokensOf(request));
    const session = await findPanelSession(ctx.database.db, token, ctx.now());
    // Ended in the same moment.
    if (!session) return sendProblem(reply, problem('session-invalid'));
    return reply.send(await sessionAnswer(ctx, session, token));
  };
  app.post(
    '/panel/v1/sign-in',
    {
      schema: {
        summary: 'Sign in with e-mail and password',
        tags,
        body: panelSignInRequest,
        response: { 200: panelSession, default: problemSchema },
      },
    },
    async (request, reply) =>
      begin(request, reply, await panelSignIn(ctx, checkPassword, request.body, callerOf(request))),
  );
  app.post(
    '/panel/v1/sign-in/mfa',
    {
      schema: {
        summary: 'Finish a sign-in with the second factor',
        tags,
        body: panelMfaRequest,
        response: { 200: panelSession, default: problemSchema },
      },
    },
    async (request, reply) =>
      begin(request, reply, await panelSignInMfa(ctx, request.body, callerOf(request))),
  );
  app.post(
    '/panel/v1/sign-in/password',
    {
      schema: {
        summary: 'Finish a sign-in with a temporary password by choosing another',
        tags,
        body: panelNewPasswordRequest,
        response: { 200: panelSession, default: problemSchema },
      },
    },
    async (request, reply) =>
      begin(request, reply, await panelNewPassword(ctx, request.body, callerOf(request))),
  );
  app.post(
    '/panel/v1/mfa/setup',
    {
      schema: {
        summary: 'Begin to set up the authenticator that the team requires',
        tags,
        body: panelSetupRequest,
        response: { 200: newFactorAnswer, default: problemSchema },
      },
    },
    async (request, reply) => {
      const answer = await beginRequiredSetup(ctx, request.body.setupToken);
      return answer.ok ? reply.send(answer.value) : sendProblem(reply, answer.problem);
    },
  );
  app.post(
    '/panel/v1/mfa/confirm',
    {
      schema: {
        summary: 'Finish that set-up with a first code; answers the backup codes, once',
        tags,
        body: panelConfirmRequest,
        response: { 200: backupCodesAnswer, default: problemSchema },
      },
    },
    async (request, reply) => {
      const answer = await confirmRequiredSetup(ctx, request.body, callerOf(request));
      return answer.ok ? reply.send(answer.value) : sendProblem(reply, answer.problem);
    },
  );
}

/** `GET session`, `POST session/step-up` and `POST sign-out`, behind the guard. */
export function registerPanelSessionRoutes(
  plain: FastifyInstance,
  ctx: ServerContext,
  checkPassword: PasswordCheck,
): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  app.get(
    '/panel/v1/session',
    {
      schema: { summary: 'The session', tags, response: { 200: panelSession, default: problemSchema } },
    },
    async (request, reply) =>
      reply.send(await sessionAnswer(ctx, panelIdentity(request).session, panelToken(request))),
  );
  app.post(
    '/panel/v1/session/step-up',
    {
      schema: {
        summary: 'Prove once more who it is, for what is refused with step-up-required',
        tags,
        body: panelStepUpRequest,
        response: { 204: z.null(), default: problemSchema },
      },
    },
    async (request, reply) => {
      const proven = await stepUp(ctx, checkPassword, panelIdentity(request), request.body);
      return proven.ok ? reply.code(204).send(null) : sendProblem(reply, proven.problem);
    },
  );
  app.post(
    '/panel/v1/sign-out',
    {
      schema: {
        summary: 'End the session',
        tags,
        body: z.strictObject({}).nullish(),
        response: { 204: z.null(), default: problemSchema },
      },
    },
    async (request, reply) => {
      const { session, memberId, ip } = panelIdentity(request);
      await ctx.database.db.transaction().execute((tx) =>
        endPanelSession(tx, {
          sessionId: session.id,
          memberId,
          ip,
          now: ctx.now(),
          reason: 'signed-out',
        }),
      );
      clearPanelCookie(reply);
      return reply.code(204).send(null);
    },
  );
}

async function sessionAnswer(
  ctx: ServerContext,
  session: PanelSessionRow,
  token: string,
): Promise<PanelSession> {
  const { member_id: id, email, name, role, method, created_at, expires_at } = session;
  return {
    member: { id, email, name, role },
    method,
    signedInAt: new Date(created_at).toISOString(),
    expiresAt: new Date(expires_at).toISOString(),
    csrfToken: csrfTokenOf(token),
    serverName: ctx.config.teamName,
    isGateOff: !isGated(await readPolicy(ctx.database.db)),
    isMailOn: ctx.config.mail !== undefined,
  };
}

/** A new sign-in in the same browser takes the place of the old session, which no cookie would name any more. */
async function endSessionOfCookie(ctx: ServerContext, request: FastifyRequest): Promise<void> {
  const token = request.cookies[PANEL_COOKIE];
  if (!token) return;
  const now = ctx.now();
  await ctx.database.db.transaction().execute(async (tx) => {
    const old = await findPanelSession(tx, token, now);
    if (!old) return;
    const input = { sessionId: old.id, memberId: old.member_id, ip: request.ip, now };
    await endPanelSession(tx, { ...input, reason: 'replaced' });
  });
}
