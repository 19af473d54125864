import type { Machine } from './machine-types.ts';

type Draft = { -readonly [K in keyof Machine]: Machine[K] };

/**
 * Takes the next of the gateways that the server hears, where the user has left the choice to the client and no lease
 * holds it where it is. Returns whether it is another one now. A challenge is the device's: the question of the gate
 * stays, and so does a code that was not spent.
 */
export function takeNext(m: Draft): boolean {
  const { isAuto, lease, gatewayId, online, view } = m;
  if (!isAuto || lease !== null || gatewayId === null || online.length === 0) return false;
  const next = online[(online.indexOf(gatewayId) + 1) % online.length];
  if (next === undefined || next === gatewayId) return false;
  m.gatewayId = next;
  m.isGatewayAway = false;
  if (view.phase === 'gate') m.view = { ...view, prompt: { ...view.prompt, gatewayId: next } };
  if (view.phase === 'connecting') m.view = { ...view, gatewayId: next };
  return true;
}

/** The same where the server does not hear the one that is taken, as far as is known. */
export function takeOnline(m: Draft): boolean {
  const { gatewayId, online } = m;
  return gatewayId !== null && !online.includes(gatewayId) && takeNext(m);
}
