import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import {
  removeBiometricQuery,
  setBiometricRequest,
  setPinRequest,
  unlockCheckRequest,
} from '../../../src-shared/client-api.ts';
import { problemSchema } from '../../../src-shared/problem.ts';
import { UNLOCK_ORIGIN, UNLOCK_RP_ID, type UnlockMethod } from '../../../src-shared/unlock.ts';
import type { ServerContext } from '../../context.ts';
import { sendProblem } from '../../http/problem-reply.ts';
import { removeOwnUnlock } from '../../proof/unlock/removal.ts';
import { setBiometric, setPin } from '../../proof/unlock/set-up.ts';
import { tryUnlock } from '../../proof/unlock/trial.ts';
import { sessionOf } from './client-guard.ts';
import { levelText, pinText, statementText } from './proof-text.ts';

/** `device/pin`, `device/biometric` and `device/unlock-check` under `/client/v1`. */
export function registerUnlockRoutes(plain: FastifyInstance, ctx: ServerContext): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const response = { 204: z.null(), default: problemSchema };
  app.put(
    '/client/v1/device/pin',
    {
      schema: {
        summary: 'Set or change the PIN of this device',
        description: `${pinText}\n\n${levelText}`,
        tags: ['client'],
        body: setPinRequest,
        response,
      },
    },
    async (request, reply) => {
      const answer = await setPin(ctx, sessionOf(request), request.body, request.ip);
      return answer.ok ? reply.code(204).send(null) : sendProblem(reply, answer.problem);
    },
  );
  app.put(
    '/client/v1/device/biometric',
    {
      schema: {
        summary: 'Register hardware (`uv-hw`) or a key for the prompt of the system (`uv-soft`)',
        description: `\`attestation\`: RegistrationResponseJSON (WebAuthn level 3), attestation \`none\`, ES256 or RS256, bound
to this device (BE=0), over the nonce of the challenge that the first request without it is answered with. RP ID
\`${UNLOCK_RP_ID}\`, origin \`${UNLOCK_ORIGIN}\`.\n\n${levelText}`,
        tags: ['client'],
        body: setBiometricRequest,
        response,
      },
    },
    async (request, reply) => {
      const answer = await setBiometric(ctx, sessionOf(request), request.body, request.ip);
      return answer.ok ? reply.code(204).send(null) : sendProblem(reply, answer.problem);
    },
  );
  app.delete(
    '/client/v1/device/pin',
    { schema: { summary: 'Remove the PIN of this device; idempotent', tags: ['client'], response } },
    async (request, reply) => {
      const answer = await removeOwnUnlock(ctx, sessionOf(request), ['pin'], request.ip);
      return answer.ok ? reply.code(204).send(null) : sendProblem(reply, answer.problem);
    },
  );
  app.delete(
    '/client/v1/device/biometric',
    {
      schema: {
        summary: 'Remove what was registered for biometrics, of one level or both; idempotent',
        tags: ['client'],
        querystring: removeBiometricQuery,
        response,
      },
    },
    async (request, reply) => {
      const { level } = request.query;
      const methods: UnlockMethod[] = level === undefined ? ['uv-hw', 'uv-soft'] : [level];
      const answer = await removeOwnUnlock(ctx, sessionOf(request), methods, request.ip);
      return answer.ok ? reply.code(204).send(null) : sendProblem(reply, answer.problem);
    },
  );
  app.post(
    '/client/v1/device/unlock-check',
    {
      schema: {
        summary: 'Try a way of unlocking without connecting; counts and is spent as at a connection',
        description: statementText,
        tags: ['client'],
        body: unlockCheckRequest,
        response,
      },
    },
    async (request, reply) => {
      const answer = await tryUnlock(ctx, sessionOf(request), request.body, request.ip);
      return answer.ok ? reply.code(204).send(null) : sendProblem(reply, answer.problem);
    },
  );
}
