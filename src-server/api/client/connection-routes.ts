import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { connectAnswer, connectRequest } from '../../../src-shared/client-api.ts';
import { id } from '../../../src-shared/primitives.ts';
import { problem, problemSchema } from '../../../src-shared/problem.ts';
import { type ConnectDeps, connect } from '../../access/connection/connect.ts';
import { endHeldLease } from '../../access/connection/end-held-lease.ts';
import { sendProblem } from '../../http/problem-reply.ts';
import { sessionOf } from './client-guard.ts';
import { statementText } from './proof-text.ts';

/** `POST /client/v1/connections` and `DELETE /client/v1/connections/{leaseId}`. */
export function registerConnectionRoutes(plain: FastifyInstance, deps: ConnectDeps): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  app.post(
    '/client/v1/connections',
    {
      schema: {
        summary: 'Ask for a lease; without a proof where one is needed, the answer carries the challenge',
        description: `All that the challenge requires comes in one request. ${statementText}`,
        tags: ['client'],
        body: connectRequest,
        response: { 201: connectAnswer, default: problemSchema },
      },
    },
    async (request, reply) => {
      const answer = await connect(deps, sessionOf(request), request.body, request.ip);
      return answer.ok ? reply.code(201).send(answer.value) : sendProblem(reply, answer.problem);
    },
  );

  app.delete(
    '/client/v1/connections/:leaseId',
    {
      schema: {
        summary: 'End a lease of this device; answers once the gateway has dropped the peer',
        tags: ['client'],
        params: z.strictObject({ leaseId: id }),
        response: { 204: z.null(), default: problemSchema },
      },
    },
    async (request, reply) => {
      const { deviceId, memberId } = sessionOf(request);
      const enforced = await endHeldLease(deps, {
        leaseId: request.params.leaseId,
        deviceId,
        actor: `member:${memberId}`,
        ip: request.ip,
      });
      if (enforced) return reply.code(204).send(null);
      return sendProblem(
        reply,
        problem(
          'gateway-unavailable',
          'The connection has ended; its gateway will drop it as soon as it answers.',
        ),
      );
    },
  );
}
