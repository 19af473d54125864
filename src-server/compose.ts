import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import { closeCodes } from '../src-shared/client-channel.ts';
import { ClientHub } from './access/channel/client-hub.ts';
import { AccessEnder } from './access/enforcement/access-ender.ts';
import { disconnectHistogram, registerEnforcementMetrics } from './access/enforcement/enforcement-metrics.ts';
import { PendingEnforcement } from './access/enforcement/pending-enforcement.ts';
import { Sweeper } from './access/enforcement/sweeper.ts';
import { GatewayRegistry } from './access/gateway/gateway-registry.ts';
import { registerClientChannel } from './api/client/client-channel.ts';
import { registerConnectionRoutes } from './api/client/connection-routes.ts';
import { registerGatewayChannel } from './api/gateway/gateway-channel.ts';
import { registerDisconnectRoute } from './api/integration/disconnect-route.ts';
import { registerMemberWriteRoutes } from './api/integration/member-write-routes.ts';
import { createAdminParts } from './api/panel/admin/admin-parts.ts';
import { registerAdminRoutes } from './api/panel/admin/admin-routes.ts';
import type { ServerContext } from './context.ts';

/** The half of the server that decides who is connected, joined once. */
export interface EnforcementParts {
  registry: GatewayRegistry;
  hub: ClientHub;
  pending: PendingEnforcement;
  ender: AccessEnder;
  sweeper: Sweeper;
  register(app: FastifyInstance): void;
  /** The Control Panel's routes for administrators; `guarded` lets nobody else in. */
  registerAdministrators(guarded: FastifyInstance): void;
  /** Closes every channel with 1012 (the clients come back) and stops the sweeper. */
  stop(): Promise<void>;
}

export function createEnforcement(ctx: ServerContext, metrics: Registry): EnforcementParts {
  const registry = new GatewayRegistry(ctx.now);
  const hub = new ClientHub();
  const pending = new PendingEnforcement(ctx.database.db, ctx.now);
  const ender = new AccessEnder(ctx, registry, hub, pending, disconnectHistogram(metrics));
  const sweeper = new Sweeper({ ctx, registry, hub, pending, ender });
  registerEnforcementMetrics(metrics, { ctx, registry, hub, pending });
  return {
    registry,
    hub,
    pending,
    ender,
    sweeper,
    register(app) {
      registerConnectionRoutes(app, { ctx, registry, enforcement: ender });
      registerClientChannel(app, ctx, hub);
      registerGatewayChannel(app, ctx, registry, pending);
      registerDisconnectRoute(app, ctx, ender);
      registerMemberWriteRoutes(app, ctx, ender);
    },
    registerAdministrators(guarded) {
      const dismissGateway = (gatewayId: string): Promise<void> => sweeper.dismiss(gatewayId);
      const parts = { ctx, enforcement: ender, gateways: registry, dismissGateway };
      registerAdminRoutes(guarded, createAdminParts(parts));
    },
    async stop() {
      await sweeper.stop();
      hub.closeAll(closeCodes.restart, 'server restarts');
      registry.closeAll(closeCodes.restart, 'server restarts');
    },
  };
}
