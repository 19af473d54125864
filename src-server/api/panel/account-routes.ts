import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import {
  accountAnswer,
  activityAnswer,
  activityQuery,
  changePasswordRequest,
} from '../../../src-shared/panel/account.ts';
import { id } from '../../../src-shared/primitives.ts';
import { problem, problemSchema } from '../../../src-shared/problem.ts';
import type { Enforcement } from '../../access/enforcement/enforcement.ts';
import type { GuardSource } from '../../access/guard/guard.ts';
import type { ServerContext } from '../../context.ts';
import { sendProblem } from '../../http/problem-reply.ts';
import { removeDevice } from '../../people/devices/device-removal.ts';
import type { PasswordCheck } from '../../people/sign-in/password-check.ts';
import { readActivity } from './account-activity.ts';
import { readAccount } from './account-view.ts';
import { changePassword } from './change-password.ts';
import { endOwnSession } from './end-own-session.ts';
import { clearPanelCookie, panelIdentity } from './panel-guard.ts';

const tags = ['panel'];

/** `GET account`, `account/activity`, `PUT account/password`, and the end of own sessions and devices. */
export function registerAccountRoutes(
  plain: FastifyInstance,
  ctx: ServerContext,
  parts: { enforcement: Enforcement; guards: GuardSource; checkPassword: PasswordCheck },
): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  app.get(
    '/panel/v1/account',
    {
      schema: {
        summary: 'The own account: factor, backup codes, devices, sessions',
        tags,
        response: { 200: accountAnswer, default: problemSchema },
      },
    },
    async (request, reply) => reply.send(await readAccount(ctx, panelIdentity(request))),
  );
  app.get(
    '/panel/v1/account/activity',
    {
      schema: {
        summary: 'What happened to the own account, newest first',
        tags,
        querystring: activityQuery,
        response: { 200: activityAnswer, default: problemSchema },
      },
    },
    async (request, reply) => {
      const { cursor, limit } = request.query;
      const before = cursor === undefined ? null : Number(cursor);
      if (before !== null && !Number.isSafeInteger(before))
        return sendProblem(reply, problem('invalid-request', 'cursor: is not one of ours'));
      const { memberId } = panelIdentity(request);
      return reply.send(await readActivity(ctx.database.db, { memberId, before, limit }));
    },
  );
  app.put(
    '/panel/v1/account/password',
    {
      schema: {
        summary: 'Change the own password; every other session and every connection ends',
        tags,
        body: changePasswordRequest,
        response: { 204: z.null(), default: problemSchema },
      },
    },
    async (request, reply) => {
      const identity = panelIdentity(request);
      const done = await changePassword(ctx, parts, identity, request.body);
      return done.ok ? reply.code(204).send(null) : sendProblem(reply, done.problem);
    },
  );
  app.delete(
    '/panel/v1/account/sessions/:id',
    {
      schema: {
        summary: 'End one of the own sessions; with a client session its connection ends too',
        tags,
        params: z.strictObject({ id }),
        response: { 204: z.null(), default: problemSchema },
      },
    },
    async (request, reply) => {
      const identity = panelIdentity(request);
      if (!(await endOwnSession(ctx, parts, identity, request.params.id)))
        return sendProblem(reply, problem('not-found'));
      if (request.params.id === identity.session.id) clearPanelCookie(reply);
      return reply.code(204).send(null);
    },
  );
  app.delete(
    '/panel/v1/account/devices/:id',
    {
      schema: {
        summary: 'Remove one of the own devices: signed out, disconnected, gone',
        tags,
        params: z.strictObject({ id }),
        response: { 204: z.null(), default: problemSchema },
      },
    },
    async (request, reply) => {
      const { memberId, ip } = panelIdentity(request);
      const owner = { memberId, deviceId: null };
      const removed = await removeDevice(ctx, parts, owner, request.params.id, ip);
      return removed ? reply.code(204).send(null) : sendProblem(reply, problem('device-not-found'));
    },
  );
}
