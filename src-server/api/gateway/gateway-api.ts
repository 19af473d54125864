import type { FastifyInstance } from 'fastify';
import type { PendingEnforcement } from '../../access/enforcement/pending-enforcement.ts';
import type { GatewayRegistry } from '../../access/gateway/gateway-registry.ts';
import type { ServerContext } from '../../context.ts';
import { registerGatewayChannel } from './gateway-channel.ts';
import { guardGateways } from './gateway-guard.ts';

/** `/gateway/v1`: what the gateways' agents ask. Nothing of it is open. */
export async function registerGatewayApi(
  app: FastifyInstance,
  ctx: ServerContext,
  parts: { registry: GatewayRegistry; pending: PendingEnforcement },
): Promise<void> {
  await app.register(async (guarded) => {
    guardGateways(guarded, ctx);
    registerGatewayChannel(guarded, ctx, parts.registry, parts.pending);
  });
}
