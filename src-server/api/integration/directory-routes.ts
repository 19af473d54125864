import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { memberDetail, memberListItem } from '../../../src-shared/integration-api.ts';
import { problem, problemSchema } from '../../../src-shared/problem.ts';
import type { ServerContext } from '../../context.ts';
import type { Db } from '../../db/database.ts';
import { sendProblem } from '../../http/problem-reply.ts';
import { tokenOf } from './integration-guard.ts';
import { spacedTime } from './spaced-time.ts';

/** `GET /api/v1/test-connection`, `/members`, `/member/{teamMemberId}`. */
export function registerDirectoryRoutes(plain: FastifyInstance, ctx: ServerContext): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const { db } = ctx.database;
  app.get(
    '/api/v1/test-connection',
    {
      config: { scope: null },
      schema: {
        summary: 'Whether the token works',
        tags: ['integration'],
        response: { 200: z.object({ message: z.string() }), default: problemSchema },
      },
    },
    async (request, reply) => {
      await tokenOf(request).recordRead();
      return reply.send({ message: 'Connection has been established successfully.' });
    },
  );
  app.get(
    '/api/v1/members',
    {
      config: { scope: 'members:read' },
      schema: {
        summary: 'All members of the team',
        tags: ['integration'],
        response: { 200: z.array(memberListItem), default: problemSchema },
      },
    },
    async (request, reply) => {
      await tokenOf(request).recordRead();
      const members = await selectMembers(db).orderBy('member.created_at').orderBy('member.id').execute();
      return reply.send(
        members.map((member) => ({
          id: member.id,
          created_at: spacedTime(member.created_at),
          avatar: null,
          name: member.name,
          username: member.email,
          is_user_blocked: member.is_blocked === 1,
          is_mfa_active: member.factorId !== null,
        })),
      );
    },
  );
  app.get(
    '/api/v1/member/:teamMemberId',
    {
      config: { scope: 'members:read' },
      schema: {
        summary: 'One member',
        tags: ['integration'],
        params: z.object({ teamMemberId: z.string().max(100) }),
        response: { 200: memberDetail, default: problemSchema },
      },
    },
    async (request, reply) => {
      await tokenOf(request).recordRead();
      const id = request.params.teamMemberId.toLowerCase();
      const member = await selectMembers(db).where('member.id', '=', id).executeTakeFirst();
      if (!member) return sendProblem(reply, problem('member-not-found'));
      return reply.send({
        id: member.id,
        name: member.name,
        email: member.email,
        avatar_url: null,
        is_mfa_active: member.factorId !== null,
        is_blocked: member.is_blocked === 1,
      });
    },
  );
}

function selectMembers(db: Db) {
  return db
    .selectFrom('member')
    .leftJoin('factor', (join) =>
      join.onRef('factor.member_id', '=', 'member.id').on('factor.state', '=', 'active'),
    )
    .select([
      'member.id',
      'member.name',
      'member.email',
      'member.is_blocked',
      'member.created_at',
      'factor.id as factorId',
    ])
    .where('member.removed_at', 'is', null);
}
