import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { apiScope } from '../../../../src-shared/integration-api.ts';
import { id } from '../../../../src-shared/primitives.ts';
import { fail, ok, problemSchema } from '../../../../src-shared/problem.ts';
import { sendProblem } from '../../../http/problem-reply.ts';
import { tellOwners } from '../../../people/members/owner-notices.ts';
import { presentAdmin } from '../../../people/members/owner-rules.ts';
import { checkStepUp } from '../../../people/session/step-up.ts';
import { confirmApiToken } from '../../integration/confirm-token.ts';
import { panelIdentity } from '../panel-guard.ts';
import { type AdminParts, typed } from './admin-parts.ts';
import { iso } from './cursor.ts';

/** `POST api-tokens/{id}/confirm`: an owner, after the server was restored. */
export function registerApiTokenConfirmRoute(plain: FastifyInstance, { ctx }: AdminParts): void {
  const app = typed(plain);
  const { db } = ctx.database;
  app.post(
    '/panel/v1/api-tokens/:id/confirm',
    {
      schema: {
        hide: true,
        params: z.strictObject({ id }),
        response: { 204: z.null(), default: problemSchema },
      },
    },
    async (request, reply) => {
      const identity = panelIdentity(request);
      const { actor, ip } = identity;
      const now = ctx.now();
      const confirmed = await db.transaction().execute(async (tx) => {
        const admin = await presentAdmin(tx, identity);
        if (!admin.ok) return admin;
        if (admin.value.role !== 'owner')
          return fail('insufficient-role', 'Only an owner can confirm API tokens.');
        const proven = await checkStepUp(tx, identity, now);
        if (!proven.ok) return proven;
        const tokenId = request.params.id;
        if (!(await confirmApiToken(tx, { id: tokenId, actor, ip, now }))) return fail('not-found');
        const { name, scopes_json, expires_at } = await tx
          .selectFrom('api_token')
          .select(['name', 'scopes_json', 'expires_at'])
          .where('id', '=', tokenId)
          .executeTakeFirstOrThrow();
        const scopes = z.array(apiScope).parse(JSON.parse(scopes_json));
        await tellOwners(tx, ctx, identity, {
          what: 'api-token',
          name,
          scopes,
          expiresAt: iso(expires_at),
          isConfirmed: true,
        });
        return ok(undefined);
      });
      return confirmed.ok ? reply.code(204).send(null) : sendProblem(reply, confirmed.problem);
    },
  );
}
