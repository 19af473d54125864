import type { FastifyInstance } from 'fastify';
import { sql } from 'kysely';
import * as z from 'zod';
import { type MfaReset, mfaResetAnswer, mfaResetsAnswer } from '../../../../src-shared/panel/members.ts';
import { pageQuery } from '../../../../src-shared/panel/paging.ts';
import { id } from '../../../../src-shared/primitives.ts';
import { fail, problemSchema, type Result } from '../../../../src-shared/problem.ts';
import { namesOf } from '../../../audit/audit-names.ts';
import type { Db } from '../../../db/database.ts';
import { sendProblem } from '../../../http/problem-reply.ts';
import { otherMember } from '../../../people/members/administration.ts';
import { personText, tellOwners } from '../../../people/members/owner-notices.ts';
import { managedMember } from '../../../people/members/owner-rules.ts';
import { requestMfaReset, withdrawMfaReset } from '../../../people/mfa/mfa-reset.ts';
import { checkStepUp } from '../../../people/session/step-up.ts';
import { panelIdentity } from '../panel-guard.ts';
import { type AdminParts, typed } from './admin-parts.ts';
import { decodeCursor, iso, pageOf, timeKey } from './cursor.ts';
import { noBody } from './member-routes.ts';

const params = z.strictObject({ id });

/** `POST members/{id}/mfa-reset`, `GET mfa-resets`, `DELETE mfa-resets/{id}`. */
export function registerResetRoutes(plain: FastifyInstance, { ctx }: AdminParts): void {
  const app = typed(plain);
  const { db } = ctx.database;
  app.post(
    '/panel/v1/members/:id/mfa-reset',
    {
      schema: {
        hide: true,
        params,
        body: noBody,
        response: { 201: mfaResetAnswer, default: problemSchema },
      },
    },
    async (request, reply) => {
      const identity = panelIdentity(request);
      const { actor, ip } = identity;
      const memberId = request.params.id;
      const made = await db.transaction().execute(async (tx): Promise<Result<{ id: string }>> => {
        const target = await otherMember(tx, identity, memberId, 'reset the second factor of');
        if (!target.ok) return target;
        if (target.value.is_blocked === 1) return fail('wrong-state', 'This member is blocked.');
        const proven = await checkStepUp(tx, identity, ctx.now());
        if (!proven.ok) return proven;
        const requested = await requestMfaReset(tx, ctx, { memberId, actor, ip });
        if (requested.ok)
          await tellOwners(tx, ctx, identity, { what: 'mfa-reset', member: personText(target.value) });
        return requested;
      });
      if (!made.ok) return sendProblem(reply, made.problem);
      const [reset] = await viewsOf(
        db,
        await pending(db, ctx.now()).where('mfa_reset.id', '=', made.value.id).execute(),
      );
      if (!reset) return sendProblem(reply, fail('not-found').problem);
      return reply.code(201).send({ reset });
    },
  );
  app.get(
    '/panel/v1/mfa-resets',
    {
      schema: {
        hide: true,
        querystring: pageQuery,
        response: { 200: mfaResetsAnswer, default: problemSchema },
      },
    },
    async (request, reply) => {
      const { cursor, limit } = request.query;
      const after = decodeCursor(cursor, timeKey);
      if (!after.ok) return sendProblem(reply, after.problem);
      let query = pending(db, ctx.now());
      if (after.value) {
        const [time, resetId] = after.value;
        query = query.where(sql<boolean>`(mfa_reset.created_at, mfa_reset.id) < (${time}, ${resetId})`);
      }
      const rows = await query.limit(limit + 1).execute();
      const { items, nextCursor } = pageOf(rows, limit, (row) => [row.createdAt, row.id]);
      return reply.send({ resets: await viewsOf(db, items), nextCursor });
    },
  );
  app.delete(
    '/panel/v1/mfa-resets/:id',
    { schema: { hide: true, params, response: { 204: z.null(), default: problemSchema } } },
    async (request, reply) => {
      const identity = panelIdentity(request);
      const { actor, ip } = identity;
      const resetId = request.params.id;
      const withdrawn = await db.transaction().execute(async (tx): Promise<Result<void>> => {
        const [row] = await pending(tx, ctx.now()).where('mfa_reset.id', '=', resetId).execute();
        if (!row) return fail('not-found');
        const managed = await managedMember(tx, identity, row.memberId);
        return managed.ok ? withdrawMfaReset(tx, ctx, { resetId, actor, ip }) : managed;
      });
      return withdrawn.ok ? reply.code(204).send(null) : sendProblem(reply, withdrawn.problem);
    },
  );
}

/** Resets whose link would still work, newest first. */
function pending(db: Db, now: number) {
  return db
    .selectFrom('mfa_reset')
    .innerJoin('member', 'member.id', 'mfa_reset.member_id')
    .select([
      'mfa_reset.id',
      'mfa_reset.member_id as memberId',
      'member.name as memberName',
      'member.email',
      'mfa_reset.requested_by as requestedBy',
      'mfa_reset.created_at as createdAt',
      'mfa_reset.expires_at as expiresAt',
    ])
    .where('mfa_reset.used_at', 'is', null)
    .where('mfa_reset.withdrawn_at', 'is', null)
    .where('mfa_reset.expires_at', '>', now)
    .orderBy('mfa_reset.created_at', 'desc')
    .orderBy('mfa_reset.id', 'desc');
}

type PendingRow = Awaited<ReturnType<ReturnType<typeof pending>['execute']>>[number];

async function viewsOf(db: Db, rows: readonly PendingRow[]): Promise<MfaReset[]> {
  const names = await namesOf(
    db,
    rows.map(({ requestedBy }) => ({ actor: requestedBy, subject: null })),
  );
  return rows.map(({ createdAt, expiresAt, requestedBy, ...row }) => ({
    ...row,
    requestedBy: names.get(requestedBy) ?? requestedBy,
    createdAt: iso(createdAt),
    expiresAt: iso(expiresAt),
  }));
}
