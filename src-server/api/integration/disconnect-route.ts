import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { disconnectAnswer, disconnectRequest } from '../../../src-shared/integration-api.ts';
import { isGated, noGateWarning } from '../../../src-shared/policy.ts';
import { problem, problemSchema } from '../../../src-shared/problem.ts';
import type { EndAccessAnswer, Enforcement } from '../../access/enforcement/enforcement.ts';
import { livePeersOfMember } from '../../access/enforcement/lease-peers.ts';
import type { ServerContext } from '../../context.ts';
import { sendProblem } from '../../http/problem-reply.ts';
import { disconnectMember } from '../../people/members/disconnect-member.ts';
import { dropContentType, takeAnyBody } from './any-body.ts';
import { tokenOf } from './integration-guard.ts';
import { noteUnread, unreadOf } from './unread-body.ts';

/** `POST /api/v1/member/{teamMemberId}/disconnect`: the step-up disconnect. */
export function registerDisconnectRoute(
  plain: FastifyInstance,
  ctx: ServerContext,
  enforcement: Enforcement,
): void {
  takeAnyBody(plain);
  noteUnread(plain);
  plain.withTypeProvider<ZodTypeProvider>().post(
    '/api/v1/member/:teamMemberId/disconnect',
    {
      config: { scope: 'members:disconnect' },
      onRequest: dropContentType,
      schema: {
        summary: "End all of a member's connections; nothing gets back in without fresh proof",
        tags: ['integration'],
        params: z.object({ teamMemberId: z.string().max(100) }),
        body: disconnectRequest,
        response: { 200: disconnectAnswer, 202: disconnectAnswer, default: problemSchema },
      },
    },
    async (request, reply) => {
      const token = tokenOf(request);
      const memberId = request.params.teamMemberId.toLowerCase();
      const { reason, incident_id } = request.body ?? {};
      const known = await livePeersOfMember(ctx.database.db, memberId);
      if (!known) {
        await token.recordRead();
        return sendProblem(reply, problem('member-not-found'));
      }
      const ended = await disconnectMember(ctx, enforcement, {
        memberId,
        known,
        reason,
        incidentId: incident_id,
        unread: unreadOf(request),
        actor: `api-token:${token.tokenId}`,
        ip: request.ip,
        also: (tx) => token.recordUse(tx),
      });
      const isGateOn = isGated(ended.policy);
      return reply.code(ended.enforced ? 200 : 202).send({
        message: messageOf(ended, isGateOn),
        ended_connections: ended.endedConnections,
        enforced: ended.enforced,
        notified: ended.notified,
        offline: ended.offline,
        ...(isGateOn ? {} : { warning: noGateWarning }),
      });
    },
  );
}

function messageOf({ endedConnections, enforced }: EndAccessAnswer, isGateOn: boolean): string {
  if (!enforced)
    return 'The connections have ended; a gateway has not confirmed yet and is told until it does.';
  if (endedConnections === 0)
    return isGateOn
      ? 'The member had no connection. The next one needs fresh proof.'
      : 'The member had no connection.';
  return 'The member has been disconnected.';
}
