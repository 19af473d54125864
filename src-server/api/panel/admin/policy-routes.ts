import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import {
  exemptionsAnswer,
  policyAnswer,
  policyPreview,
  policyPreviewRequest,
  savePolicyRequest,
} from '../../../../src-shared/panel/policy.ts';
import { id } from '../../../../src-shared/primitives.ts';
import { fail, ok, problemSchema, type Result } from '../../../../src-shared/problem.ts';
import { endingAccess } from '../../../access/enforcement/ending-access.ts';
import { exemptedDevices, withdrawExemption } from '../../../access/guard/unguarded-devices.ts';
import { readVersionedPolicy, savePolicyVersion } from '../../../access/policy/policy-changes.ts';
import { previewPolicy } from '../../../access/policy/policy-preview.ts';
import { sendProblem } from '../../../http/problem-reply.ts';
import { presentAdmin } from '../../../people/members/owner-rules.ts';
import { panelIdentity } from '../panel-guard.ts';
import { type AdminParts, typed } from './admin-parts.ts';

const params = z.strictObject({ id });

/** `GET|PUT policy`, `POST policy/preview`, `GET policy/exemptions`, `DELETE policy/exemptions/{id}`. */
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
  app.get(
    '/panel/v1/policy/exemptions',
    { schema: { hide: true, response: { 200: exemptionsAnswer, default: problemSchema } } },
    async (_request, reply) => reply.send({ devices: await exemptedDevices(db) }),
  );
  app.delete(
    '/panel/v1/policy/exemptions/:id',
    { schema: { hide: true, params, response: { 200: exemptionsAnswer, default: problemSchema } } },
    async (request, reply) => {
      const identity = panelIdentity(request);
      const { actor, ip } = identity;
      const withdrawal = { deviceId: request.params.id, actor, ip, now: ctx.now() };
      const withdrawn = await db.transaction().execute(async (tx): Promise<Result<null>> => {
        const admin = await presentAdmin(tx, identity);
        if (!admin.ok) return admin;
        return (await withdrawExemption(tx, withdrawal)) ? ok(null) : fail('device-not-found');
      });
      if (!withdrawn.ok) return sendProblem(reply, withdrawn.problem);
      return reply.send({ devices: await exemptedDevices(db) });
    },
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
      const identity = panelIdentity(request);
      const { actor, ip } = identity;
      const { policy, version, exemptDevices: exempt = [] } = request.body;
      const saved = await endingAccess(ctx, enforcement, async (tx) => {
        const admin = await presentAdmin(tx, identity);
        return admin.ok
          ? savePolicyVersion(tx, { policy, version, exempt, actor, ip, now: ctx.now(), guards })
          : admin;
      });
      if (!saved.ok) return sendProblem(reply, saved.problem);
      return reply.send(await readVersionedPolicy(db));
    },
  );
}
