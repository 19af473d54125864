import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { connectAnswer, connectRequest } from '../../../src-shared/client-api.ts';
import { id } from '../../../src-shared/primitives.ts';
import { problem, problemSchema } from '../../../src-shared/problem.ts';
import { type ConnectDeps, connect } from '../../access/connection/connect.ts';
import { ENFORCE_WAIT_MS } from '../../access/enforcement/access-ender.ts';
import type { EnforcementRecord } from '../../access/enforcement/enforcement-record.ts';
import type { LivePeer } from '../../access/enforcement/live-peers.ts';
import { endLease } from '../../access/enforcement/record-end.ts';
import { sendProblem } from '../../http/problem-reply.ts';
import { authenticateSession } from '../../http/session.ts';
import { statementText } from './proof-text.ts';

/** `POST /client/v1/connections` and `DELETE /client/v1/connections/{leaseId}`. */
export function registerConnectionRoutes(
  plain: FastifyInstance,
  deps: ConnectDeps & { record: EnforcementRecord },
): void {
  const { ctx } = deps;
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
      const session = await authenticateSession(ctx, request);
      if (!session.ok) return sendProblem(reply, session.problem);
      const answer = await connect(deps, session.value, request.body, request.ip);
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
      const session = await authenticateSession(ctx, request);
      if (!session.ok) return sendProblem(reply, session.problem);
      const isGone = await endOwnLease(deps, session.value, request.params.leaseId, request.ip);
      if (isGone) return reply.code(204).send(null);
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

async function endOwnLease(
  { ctx, ender, record }: ConnectDeps & { record: EnforcementRecord },
  session: { deviceId: string; memberId: string },
  leaseId: string,
  ip: string,
): Promise<boolean> {
  const lease = await ctx.database.db
    .selectFrom('lease')
    .select(['gateway_id', 'wg_public_key', 'ended_at', 'enforced_at'])
    .where('id', '=', leaseId)
    .where('device_id', '=', session.deviceId)
    .executeTakeFirst();
  if (!lease || lease.enforced_at) return true;
  if (lease.ended_at) return record.waitFor([leaseId], ENFORCE_WAIT_MS);
  const peer: LivePeer = {
    leaseId,
    deviceId: session.deviceId,
    gatewayId: lease.gateway_id,
    publicKey: lease.wg_public_key,
  };
  const orders = ender.order([peer]);
  const now = ctx.now();
  const reason = { code: 'user', message: 'Disconnected by the user.', at: new Date(now).toISOString() };
  await ctx.database.db
    .transaction()
    .execute((tx) => endLease(tx, peer, { reason, actor: `member:${session.memberId}`, ip, now }));
  return ender.settle(orders, [leaseId], performance.now() + ENFORCE_WAIT_MS);
}
