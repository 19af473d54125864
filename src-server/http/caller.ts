import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Result } from '../../src-shared/problem.ts';
import { sendProblem } from './problem-reply.ts';

/** Who calls, as one guard found out and the handlers behind it read. */
export interface Caller<T> {
  /**
   * Lets nobody past to any route of this plugin, those that come later included, whom `authenticate` does not know.
   * Asked on the headers alone: a stranger's body is neither read nor parsed. Asked again once there is a body: it may
   * take a minute to arrive, and what was ended meanwhile does nothing any more.
   */
  guard(
    routes: FastifyInstance,
    authenticate: (request: FastifyRequest, reply: FastifyReply) => Promise<Result<T>>,
  ): void;
  /** Throws on a route without the guard, which is a bug. */
  of(request: FastifyRequest): T;
}

export function defineCaller<T extends object>(name: string): Caller<T> {
  const key = Symbol(name);
  return {
    guard(routes, authenticate) {
      routes.decorateRequest(key, null);
      routes.addHook('onRequest', async (request, reply) => {
        const caller = await authenticate(request, reply);
        if (!caller.ok) return sendProblem(reply, caller.problem);
        request.setDecorator<T>(key, caller.value);
      });
      routes.addHook('preHandler', async (request, reply) => {
        if (request.body === undefined) return;
        const caller = await authenticate(request, reply);
        if (!caller.ok) return sendProblem(reply, caller.problem);
        request.setDecorator<T>(key, caller.value);
      });
    },
    of(request) {
      const caller = request.getDecorator<T | null>(key);
      if (caller === null) throw new Error(`nobody asked for the ${name}`);
      return caller;
    },
  };
}
