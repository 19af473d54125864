import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import {
  guardAnswer,
  mfaRequest,
  newPasswordRequest,
  signInAnswer,
  signInRequest,
} from '../../../src-shared/client-api.ts';
import { problemSchema } from '../../../src-shared/problem.ts';
import type { Enforcement } from '../../access/enforcement/enforcement.ts';
import { type GuardSource, signGuard } from '../../access/guard/guard.ts';
import type { ServerContext } from '../../context.ts';
import { sendProblem } from '../../http/problem-reply.ts';
import type { PasswordCheck } from '../../people/sign-in/password-check.ts';
import { signIn, signInMfa, signInNewPassword } from '../../people/sign-in/sign-in.ts';
import { signOut } from '../../people/sign-in/sign-out.ts';
import { sessionOf } from './client-guard.ts';

/** `POST /client/v1/sign-in`, `/sign-in/mfa` and `/sign-in/password`. */
export function registerSignInRoutes(
  plain: FastifyInstance,
  ctx: ServerContext,
  checkPassword: PasswordCheck,
): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  app.post(
    '/client/v1/sign-in',
    {
      schema: {
        summary: 'Sign in with e-mail and password',
        tags: ['client'],
        body: signInRequest,
        response: { 200: signInAnswer, default: problemSchema },
      },
    },
    async (request, reply) => {
      const answer = await signIn(ctx, checkPassword, request.body, request.ip);
      return answer.ok ? reply.send(answer.value) : sendProblem(reply, answer.problem);
    },
  );
  app.post(
    '/client/v1/sign-in/mfa',
    {
      schema: {
        summary: 'Finish a sign-in with the second factor',
        tags: ['client'],
        body: mfaRequest,
        response: { 200: signInAnswer, default: problemSchema },
      },
    },
    async (request, reply) => {
      const answer = await signInMfa(ctx, request.body, request.ip);
      return answer.ok ? reply.send(answer.value) : sendProblem(reply, answer.problem);
    },
  );
  app.post(
    '/client/v1/sign-in/password',
    {
      schema: {
        summary: 'Finish a sign-in with a temporary password by choosing another',
        tags: ['client'],
        body: newPasswordRequest,
        response: { 200: signInAnswer, default: problemSchema },
      },
    },
    async (request, reply) => {
      const answer = await signInNewPassword(ctx, request.body, request.ip);
      return answer.ok ? reply.send(answer.value) : sendProblem(reply, answer.problem);
    },
  );
}

/** `POST /client/v1/sign-out`, behind the guard. */
export function registerSignOutRoute(
  plain: FastifyInstance,
  parts: { ctx: ServerContext; enforcement: Enforcement; guards: GuardSource },
): void {
  const { ctx, guards } = parts;
  plain.withTypeProvider<ZodTypeProvider>().post(
    '/client/v1/sign-out',
    {
      schema: {
        summary: "End the session; the device's lease ends with it",
        description:
          'With a guard that holds nothing back, for the helper of a device that was ever given one.',
        tags: ['client'],
        body: z.strictObject({}).nullish(),
        response: { 200: guardAnswer, 204: z.null(), default: problemSchema },
      },
    },
    async (request, reply) => {
      const claims = await signOut(ctx, parts, sessionOf(request), request.ip);
      return claims ? reply.send({ guard: signGuard(guards.keys, claims) }) : reply.code(204).send(null);
    },
  );
}
