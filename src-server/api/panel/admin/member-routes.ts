import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import {
  editMemberRequest,
  keepTokensQuery,
  keepTokensRequest,
  memberAnswer,
  membersAnswer,
  membersQuery,
  newMemberAnswer,
  newMemberRequest,
  panelDisconnectAnswer,
  panelDisconnectRequest,
  temporaryPasswordAnswer,
} from '../../../../src-shared/panel/members.ts';
import { isGated, noGateWarning } from '../../../../src-shared/policy.ts';
import { id } from '../../../../src-shared/primitives.ts';
import { ok, problem, problemSchema, type Result } from '../../../../src-shared/problem.ts';
import { livePeersOfMember } from '../../../access/enforcement/lease-peers.ts';
import { sendProblem } from '../../../http/problem-reply.ts';
import {
  addByAdmin,
  editByAdmin,
  enableFactorByAdmin,
  mayDisconnect,
  removeByAdmin,
  setBlockedByAdmin,
} from '../../../people/members/administration.ts';
import { disconnectMember } from '../../../people/members/disconnect-member.ts';
import { givePassword } from '../../../people/members/give-password.ts';
import { panelIdentity } from '../panel-guard.ts';
import { type AdminParts, typed } from './admin-parts.ts';
import { listMembers } from './member-list.ts';
import { viewMember } from './member-view.ts';

const params = z.strictObject({ id });
/** A button that sends nothing sends `{}`, `null` or no body. */
export const noBody = z.strictObject({}).nullish();

/** `GET|POST members`, `GET|PUT|DELETE members/{id}` and what the buttons of one member do. */
export function registerMemberRoutes(plain: FastifyInstance, parts: AdminParts): void {
  const app = typed(plain);
  const { ctx, enforcement } = parts;
  const { db } = ctx.database;

  /** The member as it is after a change, or why there was none. */
  const answer = async (
    request: FastifyRequest<{ Params: { id: string } }>,
    reply: FastifyReply,
    changed: Result<unknown>,
  ): Promise<FastifyReply> => {
    if (!changed.ok) return sendProblem(reply, changed.problem);
    const view = await viewMember(db, request.params.id, panelIdentity(request), ctx.now());
    return view.ok ? reply.send(view.value) : sendProblem(reply, view.problem);
  };

  app.get(
    '/panel/v1/members',
    {
      schema: {
        hide: true,
        querystring: membersQuery,
        response: { 200: membersAnswer, default: problemSchema },
      },
    },
    async (request, reply) => {
      const page = await listMembers(db, request.query, ctx.now());
      return page.ok ? reply.send(page.value) : sendProblem(reply, page.problem);
    },
  );
  app.post(
    '/panel/v1/members',
    {
      schema: {
        hide: true,
        body: newMemberRequest,
        response: { 201: newMemberAnswer, default: problemSchema },
      },
    },
    async (request, reply) => {
      const identity = panelIdentity(request);
      const added = await addByAdmin(ctx, identity, request.body);
      if (!added.ok) return sendProblem(reply, added.problem);
      const view = await viewMember(db, added.value.id, identity, ctx.now());
      if (!view.ok) return sendProblem(reply, view.problem);
      const { temporaryPassword } = added.value;
      return reply.code(201).send({ member: view.value.member, temporaryPassword });
    },
  );
  const one = { hide: true, params, response: { 200: memberAnswer, default: problemSchema } };
  app.get('/panel/v1/members/:id', { schema: one }, async (request, reply) =>
    answer(request, reply, ok(undefined)),
  );
  app.put('/panel/v1/members/:id', { schema: { ...one, body: editMemberRequest } }, async (request, reply) =>
    answer(request, reply, await editByAdmin(ctx, panelIdentity(request), request.params.id, request.body)),
  );
  for (const [verb, isBlocked] of [
    ['block', true],
    ['unblock', false],
  ] as const)
    app.post(
      `/panel/v1/members/:id/${verb}`,
      { schema: { ...one, body: isBlocked ? keepTokensRequest.nullish() : noBody } },
      async (request, reply) => {
        const change = { ...request.body, memberId: request.params.id, isBlocked };
        return answer(
          request,
          reply,
          await setBlockedByAdmin(ctx, enforcement, panelIdentity(request), change),
        );
      },
    );
  app.post(
    '/panel/v1/members/:id/enable-factor',
    { schema: { ...one, body: noBody } },
    async (request, reply) =>
      answer(request, reply, await enableFactorByAdmin(ctx, panelIdentity(request), request.params.id)),
  );
  app.post(
    '/panel/v1/members/:id/temporary-password',
    {
      schema: {
        hide: true,
        params,
        body: noBody,
        response: { 200: temporaryPasswordAnswer, default: problemSchema },
      },
    },
    async (request, reply) => {
      const given = await givePassword(ctx, enforcement, panelIdentity(request), request.params.id);
      return given.ok ? reply.send(given.value) : sendProblem(reply, given.problem);
    },
  );
  app.delete(
    '/panel/v1/members/:id',
    {
      schema: {
        hide: true,
        params,
        querystring: keepTokensQuery,
        response: { 204: z.null(), default: problemSchema },
      },
    },
    async (request, reply) => {
      const removal = { memberId: request.params.id, ...request.query };
      const removed = await removeByAdmin(ctx, parts, panelIdentity(request), removal);
      return removed.ok ? reply.code(204).send(null) : sendProblem(reply, removed.problem);
    },
  );
  app.post(
    '/panel/v1/members/:id/disconnect',
    {
      schema: {
        hide: true,
        params,
        body: panelDisconnectRequest.nullish(),
        response: { 200: panelDisconnectAnswer, default: problemSchema },
      },
    },
    async (request, reply) => {
      const identity = panelIdentity(request);
      const memberId = request.params.id;
      const may = await mayDisconnect(ctx, identity, memberId);
      if (!may.ok) return sendProblem(reply, may.problem);
      const known = await livePeersOfMember(db, memberId);
      if (!known) return sendProblem(reply, problem('member-not-found'));
      const { actor, ip } = identity;
      const { reason, incidentId } = request.body ?? {};
      const ended = await disconnectMember(ctx, enforcement, {
        memberId,
        known,
        reason,
        incidentId,
        actor,
        ip,
      });
      return reply.send({
        endedConnections: ended.endedConnections,
        isEnforced: ended.enforced,
        notified: ended.notified,
        offline: ended.offline,
        warning: isGated(ended.policy) ? null : noGateWarning,
      });
    },
  );
}
