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
import type { Tx } from '../../../db/database.ts';
import { sendProblem } from '../../../http/problem-reply.ts';
import type { TeamChange } from '../../../mail/mail-content.ts';
import { looseningBetween } from '../../../people/members/loosening.ts';
import { tellOwners } from '../../../people/members/owner-notices.ts';
import { presentAdmin } from '../../../people/members/owner-rules.ts';
import { checkStepUp } from '../../../people/session/step-up.ts';
import { panelIdentity } from '../panel-guard.ts';
import { type AdminParts, typed } from './admin-parts.ts';

const params = z.strictObject({ id });

/** `GET|PUT policy`, `POST policy/preview`, `GET policy/exemptions`, `DELETE policy/exemptions/{id}`. */
export function registerPolicyRoutes(plain: FastifyInstance, parts: AdminParts): void {
  const { ctx, enforcement, guards } = parts;
  const app = typed(plain);
  const { db } = ctx.database;
  const isTeamName = (typed = ''): boolean => typed.trim() === ctx.config.teamName.trim();
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
        if (!admin.ok) return admin;
        const loosening = await looseningOf(tx, request.body);
        if (loosening !== null) {
          const needsTeamName = loosening.isUngated && !isTeamName(request.body.teamName);
          const proven = await checkStepUp(tx, identity, ctx.now(), { needsTeamName });
          if (!proven.ok) return proven;
        }
        const change = { policy, version, exempt, actor, ip, now: ctx.now(), guards };
        const recorded = await savePolicyVersion(tx, change);
        if (recorded.ok && loosening !== null) await tellOwners(tx, ctx, identity, loosening);
        return recorded;
      });
      if (!saved.ok) return sendProblem(reply, saved.problem);
      return reply.send(await readVersionedPolicy(db));
    },
  );
}

/**
 * What saving this would loosen, as owners are told of it; null for nothing, and for a save that its version refuses.
 */
async function looseningOf(
  tx: Tx,
  { policy, version, exemptDevices = [] }: z.infer<typeof savePolicyRequest>,
): Promise<Extract<TeamChange, { what: 'policy' }> | null> {
  const { policy: before, version: current } = await readVersionedPolicy(tx);
  if (version !== current) return null;
  return looseningBetween(before, policy, exemptDevices.length);
}
