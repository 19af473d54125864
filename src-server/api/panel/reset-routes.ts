import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { resetBeginRequest, resetConfirmRequest } from '../../../src-shared/panel/mfa-reset.ts';
import { backupCodesAnswer, newFactorAnswer } from '../../../src-shared/panel/session.ts';
import { problemSchema } from '../../../src-shared/problem.ts';
import type { Enforcement } from '../../access/enforcement/enforcement.ts';
import type { ServerContext } from '../../context.ts';
import { sendProblem } from '../../http/problem-reply.ts';
import { beginReset, confirmReset } from '../../people/mfa/reset-by-link.ts';
import type { PasswordCheck } from '../../people/sign-in/password-check.ts';
import { keepTrust, trustTokensOf } from './trust-cookie.ts';

/** `POST mfa-reset/begin` and `/confirm`: by the link of the mail, without a session. */
export function registerMfaResetRoutes(
  plain: FastifyInstance,
  ctx: ServerContext,
  { enforcement, checkPassword }: { enforcement: Enforcement; checkPassword: PasswordCheck },
): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  app.post(
    '/panel/v1/mfa-reset/begin',
    {
      schema: {
        summary: 'Begin to set up a new authenticator with the link of the mail',
        tags: ['panel'],
        body: resetBeginRequest,
        response: { 200: newFactorAnswer, default: problemSchema },
      },
    },
    async (request, reply) => {
      const input = { ...request.body, ip: request.ip };
      const answer = await beginReset(ctx, checkPassword, input);
      return answer.ok ? reply.send(answer.value) : sendProblem(reply, answer.problem);
    },
  );
  app.post(
    '/panel/v1/mfa-reset/confirm',
    {
      schema: {
        summary: 'Confirm it with a first code; the old authenticator, all sessions and all connections end',
        tags: ['panel'],
        body: resetConfirmRequest,
        response: { 200: backupCodesAnswer, default: problemSchema },
      },
    },
    async (request, reply) => {
      const trustTokens = trustTokensOf(request);
      const input = { ...request.body, ip: request.ip, trustTokens };
      const answer = await confirmReset(ctx, enforcement, input);
      if (!answer.ok) return sendProblem(reply, answer.problem);
      const { backupCodes, trustToken } = answer.value;
      await keepTrust(ctx, reply, trustToken, trustTokens);
      return reply.send({ backupCodes });
    },
  );
}
