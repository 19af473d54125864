import type { FastifyInstance, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { MAX_INCIDENT_ID, MAX_REASON } from '../../../src-shared/integration-api.ts';
import { bodyFault } from './any-body.ts';

const unread = Symbol('what could not be read');
const anObject = z.record(z.string(), z.unknown());

/** What of a disconnect's body was left out or cut, for the audit log: `reason: no text`, `body: not JSON`. */
export function noteUnread(routes: FastifyInstance): void {
  routes.decorateRequest(unread, null);
  // Afterwards the schema has taken out what it does not know.
  routes.addHook('preValidation', async (request) => {
    const fault = bodyFault(request);
    request.setDecorator<string[]>(unread, fault ? [`body: ${fault}`] : leftOut(request.body));
  });
}

/** Empty when all of it was read, or there was nothing. */
export function unreadOf(request: FastifyRequest): readonly string[] {
  return request.getDecorator<string[] | null>(unread) ?? [];
}

/** By name only what we know: other keys, as every value, may be a secret in the wrong place. */
function leftOut(body: unknown): string[] {
  if (body === undefined || body === null) return [];
  const parsed = anObject.safeParse(body);
  if (!parsed.success || Array.isArray(body)) return ['body: no object'];
  const { reason, incident_id, ...others } = parsed.data;
  const left = [
    ...textFault('reason', reason, MAX_REASON),
    ...textFault('incident_id', incident_id, MAX_INCIDENT_ID),
  ];
  return Object.keys(others).length > 0 ? [...left, 'other keys'] : left;
}

function textFault(name: string, value: unknown, most: number): string[] {
  if (value === undefined || value === null) return [];
  if (typeof value !== 'string') return [`${name}: no text`];
  return [...value.trim()].length > most ? [`${name}: cut at ${most} characters`] : [];
}
