import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import {
  mfaConfirmAnswer,
  mfaConfirmRequest,
  mfaSetupAnswer,
  mfaSetupRequest,
} from '../../../src-shared/client-api.ts';
import { problemSchema } from '../../../src-shared/problem.ts';
import type { ServerContext } from '../../context.ts';
import { sendProblem } from '../../http/problem-reply.ts';
import { beginClientSetUp, confirmClientSetUp, type SetUpCaller } from '../../people/mfa/client-set-up.ts';

const callerOf = (request: FastifyRequest, setupToken: string | undefined): SetUpCaller => ({
  headers: request.headers,
  setupToken,
  ip: request.ip,
});

/** `POST /client/v1/mfa/setup` and `/mfa/confirm`: with the token of a sign-in, or within a session. */
export function registerMfaRoutes(plain: FastifyInstance, ctx: ServerContext): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
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
      const answer = await beginClientSetUp(ctx, callerOf(request, request.body.setupToken));
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
      const { setupToken, ...first } = request.body;
      const answer = await confirmClientSetUp(ctx, callerOf(request, setupToken), first);
      return answer.ok ? reply.send(answer.value) : sendProblem(reply, answer.problem);
    },
  );
}
