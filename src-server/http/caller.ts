import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Problem } from '../../src-shared/problem.ts';
import { sendProblem } from './problem-reply.ts';
import { chargeRequest } from './request-budgets.ts';

/** `record`: what is written down of a refusal, once the caller's address had something left to pay for it. */
export type Admission<T> =
  | { ok: true; value: T }
  | { ok: false; problem: Problem; record?: () => Promise<void> };

/** Who calls, as one guard found out and the handlers behind it read. */
export interface Caller<T> {
  /**
   * Lets nobody past to any route of this plugin, those that come later included, whom `authenticate` does not know.
   * Asked on the headers alone: a stranger's body is neither read nor parsed. Asked again once there is a body: it may
   * take a minute to arrive, and what was ended meanwhile does nothing any more. Whom it knows pays from a budget of
   * their own, the rest from that of their address (`addBudgets`).
   */
  guard(
    routes: FastifyInstance,
    authenticate: (request: FastifyRequest, reply: FastifyReply) => Promise<Admission<T>>,
  ): void;
  /** Throws on a route without the guard, which is a bug. */
  of(request: FastifyRequest): T;
}

/** Who asks, for the log: ids and names. */
export type LoggedCaller = Record<string, string>;
const admitted = new WeakMap<FastifyRequest, { payer: string; logAs: LoggedCaller }>();

/** Whom the guard of the route let in; nothing of anybody else. */
export function loggedCaller(request: FastifyRequest): LoggedCaller {
  return admitted.get(request)?.logAs ?? {};
}

/** Whom the guard of the route has let in, as what they pay for requests; null: nobody. */
export function knownCaller(request: FastifyRequest): string | null {
  return admitted.get(request)?.payer ?? null;
}

/** `budgetOf`: as what a caller pays for the request, such as `member:<id>`. `logAs`: see `loggedCaller`. */
export function defineCaller<T extends object>(
  name: string,
  budgetOf: (caller: T, request: FastifyRequest) => string,
  logAs: (caller: T) => LoggedCaller = () => ({}),
): Caller<T> {
  const key = Symbol(name);
  return {
    guard(routes, authenticate) {
      routes.decorateRequest(key, null);
      routes.addHook('onRequest', async (request, reply) => {
        const caller = await authenticate(request, reply);
        if (!caller.ok) {
          await chargeRequest(routes, request, null);
          return refuse(reply, caller);
        }
        const payer = budgetOf(caller.value, request);
        await chargeRequest(routes, request, payer);
        admitted.set(request, { payer, logAs: logAs(caller.value) });
        request.setDecorator<T>(key, caller.value);
      });
      routes.addHook('preHandler', async (request, reply) => {
        if (request.body === undefined) return;
        const caller = await authenticate(request, reply);
        if (!caller.ok) return refuse(reply, caller);
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

async function refuse(
  reply: FastifyReply,
  { problem, record }: Extract<Admission<unknown>, { ok: false }>,
): Promise<FastifyReply> {
  await record?.();
  return sendProblem(reply, problem);
}
