import type { FastifyInstance } from 'fastify';
import {
  policyAnswer,
  policyPreview,
  policyPreviewRequest,
  savePolicyRequest,
} from '../../../../src-shared/panel/policy.ts';
import { problemSchema } from '../../../../src-shared/problem.ts';
import { endingAccess } from '../../../access/enforcement/ending-access.ts';
import { readVersionedPolicy, savePolicyVersion } from '../../../access/policy/policy-changes.ts';
import { previewPolicy } from '../../../access/policy/policy-preview.ts';
import { sendProblem } from '../../../http/problem-reply.ts';
import { presentAdmin } from '../../../people/members/owner-rules.ts';
import { panelIdentity } from '../panel-guard.ts';
import { type AdminParts, typed } from './admin-parts.ts';

/** `GET|PUT policy`, `POST policy/preview`. */
export function registerPolicyRoutes(plain: FastifyInstance, parts: AdminParts): void {
  const { ctx, enforcement, guards } = parts;
  const app = typed(plain);
  const { db } = ctx.database;
  app.get(
    '/panel/v1/policy',
    { schema: { hide: true, response: { 200: policyAnswer, default: problemSchema } } },
    async (_request, reply) => reply.send(await readVersionedPolicy(db)),
  );
  app.post(
    '/panel/v1/policy/preview',
    {
      schema: {
        hide: true,
        body: policyPreviewRequest,
        response: { 200: policyPreview, default: problemSchema },
      },
    },
    async (request, reply) => reply.send(await previewPolicy(db, request.body.policy, ctx.now())),
  );
  app.put(
    '/panel/v1/policy',
    {
      schema: {
        hide: true,
        body: savePolicyRequest,
        response: { 200: policyAnswer, default: problemSchema },
      },
    },
    async (request, reply) => {
      const { actor, ip, memberId } = panelIdentity(request);
      const { policy, version, exemptDevices: exempt = [] } = request.body;
      const saved = await endingAccess(ctx, enforcement, async (tx) => {
        const admin = await presentAdmin(tx, { memberId, ip });
        return admin.ok
          ? savePolicyVersion(tx, { policy, version, exempt, actor, ip, now: ctx.now(), guards })
          : admin;
      });
      if (!saved.ok) return sendProblem(reply, saved.problem);
      return reply.send(await readVersionedPolicy(db));
    },
  );
}
