import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { loosenedRules } from '../../../../src-shared/panel/loosened-rules.ts';
import {
  exemptionsAnswer,
  policyAnswer,
  policyPreview,
  policyPreviewRequest,
  savePolicyRequest,
} from '../../../../src-shared/panel/policy.ts';
import { isGated } from '../../../../src-shared/policy.ts';
import { id } from '../../../../src-shared/primitives.ts';
import { fail, ok, problemSchema, type Result } from '../../../../src-shared/problem.ts';
import { endingAccess } from '../../../access/enforcement/ending-access.ts';
import { exemptedDevices, withdrawExemption } from '../../../access/guard/unguarded-devices.ts';
import { readVersionedPolicy, savePolicyVersion } from '../../../access/policy/policy-changes.ts';
import { previewPolicy } from '../../../access/policy/policy-preview.ts';
import type { ServerContext } from '../../../context.ts';
import type { Tx } from '../../../db/database.ts';
import { sendProblem } from '../../../http/problem-reply.ts';
import { presentAdmin } from '../../../people/members/owner-rules.ts';
import { checkStepUp } from '../../../people/session/step-up.ts';
import { type PanelIdentity, panelIdentity } from '../panel-guard.ts';
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
        if (!admin.ok) return admin;
        const proven = await mayLoosen(tx, ctx, identity, request.body);
        if (!proven.ok) return proven;
        return savePolicyVersion(tx, { policy, version, exempt, actor, ip, now: ctx.now(), guards });
      });
      if (!saved.ok) return sendProblem(reply, saved.problem);
      return reply.send(await readVersionedPolicy(db));
    },
  );
}

/**
 * What is asked of who loosens the rules: a step-up, and the team's name besides where both gates would be off. Exempting
 * a device loosens only what was held back before. Nothing is asked for a save that its version refuses.
 */
async function mayLoosen(
  tx: Tx,
  ctx: ServerContext,
  identity: PanelIdentity,
  { policy, version, exemptDevices = [], teamName = '' }: z.infer<typeof savePolicyRequest>,
): Promise<Result<void>> {
  const { policy: before, version: current } = await readVersionedPolicy(tx);
  const isExempting = exemptDevices.length > 0 && before.trafficWhileWaiting !== 'off';
  if (version !== current || !(isExempting || loosenedRules(before, policy).length > 0)) return ok(undefined);
  const isUngated = isGated(before) && !isGated(policy);
  const needsTeamName = isUngated && teamName.trim() !== ctx.config.teamName.trim();
  return checkStepUp(tx, identity, ctx.now(), { needsTeamName });
}
