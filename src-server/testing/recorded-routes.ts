import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { FastifyInstance, RouteOptions } from 'fastify';

/** Runs `build` and answers with it every route of every Fastify app that was made meanwhile. */
export async function recordRoutes<T>(
  build: () => Promise<T>,
): Promise<{ built: T; routes: RouteOptions[] }> {
  const routes: RouteOptions[] = [];
  const listen = (message: unknown): void =>
    void (message as { fastify: FastifyInstance }).fastify.addHook('onRoute', (route) => {
      routes.push(route);
    });
  subscribe('fastify.initialization', listen);
  const built = await build().finally(() => unsubscribe('fastify.initialization', listen));
  return { built, routes };
}
