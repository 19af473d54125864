import type { FastifyInstance } from 'fastify';
import type { ApiScope } from '../../../src-shared/integration-api.ts';
import type { ServerContext } from '../../context.ts';
import { defineCaller } from '../../http/caller.ts';
import { type ApiTokenUse, authenticateApiToken } from './api-token.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the API token must be allowed to do; null: any token that counts. */
    scope?: ApiScope | null;
  }
}

/** By scope: who reads logs without end can still end access. */
const token = defineCaller<ApiTokenUse>(
  'API token',
  ({ tokenId }, request) => `api-token:${tokenId}:${request.routeOptions.config.scope ?? 'any'}`,
  ({ tokenId, name }) => ({ apiTokenId: tokenId, apiTokenName: name }),
);

/**
 * Guards every route of this plugin: an API token that counts, from this address, with the scope of the route's
 * `config`. A route that names none is a mistake that the server does not start with. The handlers ask `tokenOf`.
 */
export function guardIntegration(routes: FastifyInstance, ctx: ServerContext): void {
  routes.addHook('onRoute', ({ url, config }) => {
    if (config?.scope === undefined) throw new Error(`${url} names no scope`);
  });
  token.guard(routes, (request) =>
    authenticateApiToken(ctx, request, request.routeOptions.config.scope ?? null),
  );
}

/** The API token that asks. */
export const tokenOf = token.of;
