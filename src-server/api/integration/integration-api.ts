import type { FastifyInstance } from 'fastify';
import type { Enforcement } from '../../access/enforcement/enforcement.ts';
import type { GuardSource } from '../../access/guard/guard.ts';
import type { AuditIndex } from '../../audit/audit-index.ts';
import type { ServerContext } from '../../context.ts';
import { registerDirectoryRoutes } from './directory-routes.ts';
import { registerDisconnectRoute } from './disconnect-route.ts';
import { guardIntegration } from './integration-guard.ts';
import { registerLogRoutes } from './log-routes.ts';
import { registerMemberWriteRoutes } from './member-write-routes.ts';

/** `/api/v1`: what other systems ask, compatible with GoodAccess's API. Nothing of it is open. */
export async function registerIntegrationApi(
  app: FastifyInstance,
  ctx: ServerContext,
  { enforcement, guards, index }: { enforcement: Enforcement; guards: GuardSource; index: AuditIndex },
): Promise<void> {
  await app.register(async (guarded) => {
    guardIntegration(guarded, ctx);
    registerDirectoryRoutes(guarded, ctx);
    registerLogRoutes(guarded, ctx, index);
    // In a plugin of its own: it alone takes bodies as they come.
    await guarded.register(async (emergency) => registerDisconnectRoute(emergency, ctx, enforcement));
    registerMemberWriteRoutes(guarded, ctx, { enforcement, guards });
  });
}
