import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import {
  accountConfirmRequest,
  accountSetupRequest,
  turnOffRequest,
} from '../../../src-shared/panel/account.ts';
import { backupCodesAnswer, newFactorAnswer } from '../../../src-shared/panel/session.ts';
import { problemSchema } from '../../../src-shared/problem.ts';
import type { ServerContext } from '../../context.ts';
import { sendProblem } from '../../http/problem-reply.ts';
import {
  beginFactor,
  confirmFactor,
  type MfaParts,
  regenerateBackupCodes,
  turnOffMfa,
} from './account-mfa.ts';
import { panelIdentity } from './panel-guard.ts';

const tags = ['panel'];

/** `POST account/mfa/setup`, `/confirm`, `/turn-off` and `account/backup-codes`. */
export function registerAccountMfaRoutes(
  plain: FastifyInstance,
  ctx: ServerContext,
  rest: Omit<MfaParts, 'ctx'>,
): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const parts: MfaParts = { ctx, enforcement: rest.enforcement, checkPassword: rest.checkPassword };
  app.post(
    '/panel/v1/account/mfa/setup',
    {
      schema: {
        summary:
          'Begin to set up an authenticator; one that counts stays valid until the new one is confirmed',
        tags,
        body: accountSetupRequest,
        response: { 200: newFactorAnswer, default: problemSchema },
      },
    },
    async (request, reply) => {
      const answer = await beginFactor(parts, panelIdentity(request), request.body.password);
      return answer.ok ? reply.send(answer.value) : sendProblem(reply, answer.problem);
    },
  );
  app.post(
    '/panel/v1/account/mfa/confirm',
    {
      schema: {
        summary: 'Confirm it with a first code; answers the backup codes, once',
        tags,
        body: accountConfirmRequest,
        response: { 200: backupCodesAnswer, default: problemSchema },
      },
    },
    async (request, reply) => {
      const answer = await confirmFactor(parts, panelIdentity(request), request.body);
      return answer.ok ? reply.send(answer.value) : sendProblem(reply, answer.problem);
    },
  );
  app.post(
    '/panel/v1/account/mfa/turn-off',
    {
      schema: {
        summary: 'Turn MFA off, where the team leaves it open',
        tags,
        body: turnOffRequest,
        response: { 204: z.null(), default: problemSchema },
      },
    },
    async (request, reply) => {
      const done = await turnOffMfa(parts, panelIdentity(request), request.body.password);
      return done.ok ? reply.code(204).send(null) : sendProblem(reply, done.problem);
    },
  );
  app.post(
    '/panel/v1/account/backup-codes',
    {
      schema: {
        summary: 'Ten new backup codes; every earlier one is void',
        tags,
        body: z.strictObject({}).nullish(),
        response: { 200: backupCodesAnswer, default: problemSchema },
      },
    },
    async (request, reply) => {
      const answer = await regenerateBackupCodes(parts, panelIdentity(request));
      return answer.ok ? reply.send(answer.value) : sendProblem(reply, answer.problem);
    },
  );
}
