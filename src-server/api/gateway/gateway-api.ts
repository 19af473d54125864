import type { FastifyInstance } from 'fastify';
import type { ServerContext } from '../../context.ts';
import { type GatewayChannelParts, registerGatewayChannel } from './gateway-channel.ts';
import { guardGateways } from './gateway-guard.ts';

/** `/gateway/v1`: what the gateways' agents ask. Nothing of it is open. */
export async function registerGatewayApi(
  app: FastifyInstance,
  ctx: ServerContext,
  parts: GatewayChannelParts,
): Promise<void> {
  await app.register(async (guarded) => {
    guardGateways(guarded, ctx);
    registerGatewayChannel(guarded, ctx, parts);
  });
}
