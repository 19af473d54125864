import type { FastifyInstance, FastifyRequest } from 'fastify';
import { RequestRateError } from './error-handling.ts';

const MINUTE_MS = 60_000;
/** As many callers are counted one by one; whoever asked longest ago is forgotten first. */
const MOST_CALLERS = 20_000;

type Charge = (request: FastifyRequest, caller: string | null) => Promise<void>;

const charge = Symbol('charge a request');
const payer = Symbol('who was charged');

/**
 * Gives every route of this app that comes later a brake for floods, per minute: `known` for each caller that its guard
 * names (`chargeRequest`), `strangers` for each address (a /64 of IPv6) from which nobody is known. So no number of
 * strangers takes away what an API token, a gateway or a signed-in member behind the same address needs. A route without
 * a guard is a stranger's; so is a request that its guard refuses. Needs `@fastify/rate-limit`.
 */
export function addBudgets(app: FastifyInstance, most: { known: number; strangers: number }): void {
  const window = { timeWindow: MINUTE_MS, cache: MOST_CALLERS };
  const spendAsStranger = app.createRateLimit({ ...window, max: most.strangers, ipv6Subnet: 64 });
  const spendAsCaller = app.createRateLimit({ ...window, max: most.known, keyGenerator: payerOf });
  app.decorateRequest(payer, null);
  app.decorate<Charge>(charge, async (request, caller) => {
    request.setDecorator<string>(payer, caller ?? 'stranger');
    const spent = await (caller === null ? spendAsStranger : spendAsCaller)(request);
    if (!spent.isAllowed && spent.isExceeded) throw new RequestRateError(spent.ttl);
  });
  // After the guards, before a body is read.
  app.addHook('preParsing', async (request) => {
    if (request.getDecorator<string | null>(payer) === null) await chargeRequest(app, request, null);
  });
}

/**
 * Charges a request to the caller that a guard found out, as `member:<id>`; null: to the strangers of its address.
 * Rejects with `RequestRateError` when there is nothing left.
 */
export function chargeRequest(
  app: FastifyInstance,
  request: FastifyRequest,
  caller: string | null,
): Promise<void> {
  return app.getDecorator<Charge>(charge)(request, caller);
}

function payerOf(request: FastifyRequest): string {
  return request.getDecorator<string>(payer);
}
