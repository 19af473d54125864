import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { devicesAnswer, guardAnswer } from '../../../src-shared/client-api.ts';
import { id } from '../../../src-shared/primitives.ts';
import { problem, problemSchema } from '../../../src-shared/problem.ts';
import type { Enforcement } from '../../access/enforcement/enforcement.ts';
import type { GuardSource } from '../../access/guard/guard.ts';
import type { ServerContext } from '../../context.ts';
import { sendProblem } from '../../http/problem-reply.ts';
import { devicesOf } from '../../people/devices/device-list.ts';
import { removeDevice } from '../../people/devices/device-removal.ts';
import { sessionOf } from './client-guard.ts';

/** `GET /client/v1/devices` and `DELETE /client/v1/devices/{id}`: the member's own. */
export function registerDeviceRoutes(
  plain: FastifyInstance,
  parts: { ctx: ServerContext; enforcement: Enforcement; guards: GuardSource },
): void {
  const { ctx } = parts;
  const app = plain.withTypeProvider<ZodTypeProvider>();
  app.get(
    '/client/v1/devices',
    {
      schema: {
        summary: 'The devices of the signed-in member, the one seen last first',
        tags: ['client'],
        response: { 200: devicesAnswer, default: problemSchema },
      },
    },
    async (request, reply) => {
      return reply.send({ devices: await devicesOf(ctx, sessionOf(request)) });
    },
  );
  app.delete(
    '/client/v1/devices/:id',
    {
      schema: {
        summary: 'Remove a device of the signed-in member: signed out, disconnected, gone',
        description:
          'With a guard that holds nothing back, for the helper of a device that removes itself and was ever given one.',
        tags: ['client'],
        params: z.strictObject({ id }),
        response: { 200: guardAnswer, 204: z.null(), default: problemSchema },
      },
    },
    async (request, reply) => {
      const ip = request.ip;
      const session = sessionOf(request);
      const removed = await removeDevice(ctx, parts, session, request.params.id, ip);
      if (!removed) return sendProblem(reply, problem('device-not-found'));
      const { guard } = removed;
      if (guard === null || request.params.id !== session.deviceId) return reply.code(204).send(null);
      return reply.send({ guard });
    },
  );
}
