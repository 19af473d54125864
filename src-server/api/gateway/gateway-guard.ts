import type { FastifyInstance } from 'fastify';
import { fail, ok } from '../../../src-shared/problem.ts';
import type { ServerContext } from '../../context.ts';
import { defineCaller } from '../../http/caller.ts';
import { bearerToken, hashToken } from '../../tokens.ts';

const gateway = defineCaller<{ gatewayId: string }>('gateway', ({ gatewayId }) => `gateway:${gatewayId}`);

/** Guards every route of this plugin: the token of a gateway that was not removed. The handlers ask `gatewayOf`. */
export function guardGateways(routes: FastifyInstance, ctx: ServerContext): void {
  gateway.guard(routes, async (request) => {
    const token = bearerToken(request.headers.authorization);
    const row =
      token === null
        ? undefined
        : await ctx.database.db
            .selectFrom('gateway')
            .select('id')
            .where('token_hash', '=', hashToken(token))
            .where('removed_at', 'is', null)
            .executeTakeFirst();
    return row ? ok({ gatewayId: row.id }) : fail('token-invalid', 'The gateway token is not known.');
  });
}

/** The gateway that asks. */
export const gatewayOf = gateway.of;
