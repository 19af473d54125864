import type { FastifyInstance } from 'fastify';
import { fail, ok } from '../../../src-shared/problem.ts';
import { gatewayOfToken } from '../../access/gateway/gateway-token.ts';
import type { ServerContext } from '../../context.ts';
import { defineCaller } from '../../http/caller.ts';
import { bearerToken, hashToken } from '../../tokens.ts';

const gateway = defineCaller<{ gatewayId: string; gatewayName: string; tokenHash: string }>(
  'gateway',
  ({ gatewayId }) => `gateway:${gatewayId}`,
  ({ gatewayId, gatewayName }) => ({ gatewayId, gatewayName }),
);

/** Guards every route of this plugin: the token of a gateway that was not removed. The handlers ask `gatewayOf`. */
export function guardGateways(routes: FastifyInstance, ctx: ServerContext): void {
  gateway.guard(routes, async (request) => {
    const token = bearerToken(request.headers.authorization);
    const tokenHash = token === null ? null : hashToken(token);
    const row = tokenHash === null ? undefined : await gatewayOfToken(ctx.database.db, tokenHash, ctx.now());
    return row && tokenHash !== null
      ? ok({ gatewayId: row.id, gatewayName: row.name, tokenHash })
      : fail('token-invalid', 'The gateway token is not known.');
  });
}

/** The gateway that asks. */
export const gatewayOf = gateway.of;
