import type { FastifyInstance } from 'fastify';
import { overviewAnswer, overviewQuery } from '../../../../src-shared/panel/overview.ts';
import { problemSchema } from '../../../../src-shared/problem.ts';
import { type AdminParts, typed } from './admin-parts.ts';
import { registerApiTokenConfirmRoute } from './api-token-confirm-route.ts';
import { registerApiTokenRoutes } from './api-token-routes.ts';
import { registerAuditRoutes } from './audit-routes.ts';
import { registerGatewayRoutes } from './gateway-routes.ts';
import { registerMemberRoutes } from './member-routes.ts';
import { readOverview } from './overview.ts';
import { registerPolicyRoutes } from './policy-routes.ts';
import { registerResetRoutes } from './reset-routes.ts';

/** What rows the search takes in while nobody looks, so that the first look need not. */
const INDEX_INTERVAL_MS = 60_000;

/** Every route of the Control Panel that only administrators may ask. The plugin must be guarded (`guardPanel`). */
export function registerAdminRoutes(routes: FastifyInstance, parts: AdminParts): void {
  registerPolicyRoutes(routes, parts);
  registerMemberRoutes(routes, parts);
  registerResetRoutes(routes, parts);
  registerGatewayRoutes(routes, parts);
  registerApiTokenRoutes(routes, parts);
  registerApiTokenConfirmRoute(routes, parts);
  registerAuditRoutes(routes, parts);
  registerOverviewRoute(routes, parts);
  keepIndexFresh(routes, parts);
}

function registerOverviewRoute(routes: FastifyInstance, parts: AdminParts): void {
  const { ctx, gateways, index, verifier, reached } = parts;
  typed(routes).get(
    '/panel/v1/overview',
    {
      schema: {
        hide: true,
        querystring: overviewQuery,
        response: { 200: overviewAnswer, default: problemSchema },
      },
    },
    async (request, reply) => {
      const service = { ...parts.service, isMailOn: ctx.config.mail !== undefined };
      const onError = (error: unknown): void => ctx.log.error({ err: error }, 'audit index failed');
      const overview = { db: ctx.database.db, gateways, index, verifier, reached, service, onError };
      return reply.send(await readOverview(overview, request.query.range, ctx.now()));
    },
  );
}

function keepIndexFresh(routes: FastifyInstance, { ctx, index, verifier }: AdminParts): void {
  const refresh = (): void => {
    index
      .complete()
      .catch((error: unknown) => ctx.log.error({ err: error }, 'audit index not brought up to date'));
  };
  const timer = setInterval(refresh, INDEX_INTERVAL_MS);
  timer.unref();
  routes.addHook('onReady', async () => refresh());
  routes.addHook('onClose', async () => {
    clearInterval(timer);
    await verifier.stop();
    await index.stop();
  });
}
