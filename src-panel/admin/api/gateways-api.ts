import type * as z from 'zod';
import {
  gatewayAnswer,
  type gatewayChange,
  gatewayChangedAnswer,
  gatewayRemovedAnswer,
  gatewaysAnswer,
  type gatewayTokenRequest,
  newGatewayAnswer,
  type newGatewayRequest,
  newGatewayTokenAnswer,
  type PanelGateway,
  type panelPeer,
} from '../../../src-shared/panel/gateways.ts';
import { ok, type Result } from '../../../src-shared/problem.ts';
import { call, segment } from '../../api/call.ts';
import type { PageOf } from '../../store/use-pages.ts';

export type Peer = z.infer<typeof panelPeer>;
export type NewGateway = z.infer<typeof newGatewayAnswer>;
export type NewGatewayToken = z.infer<typeof newGatewayTokenAnswer>;
export interface PeersPage extends PageOf<Peer> {
  gateway: PanelGateway;
}

/** Of the server, where nothing else is asked for. */
export const PAGE_SIZE = 50;

interface Options {
  isBackground?: boolean;
  signal?: AbortSignal;
}

export async function loadGateways(
  cursor: string | undefined,
  options: Options,
): Promise<Result<PageOf<PanelGateway>>> {
  const answer = await call({
    method: 'GET',
    path: 'gateways',
    query: { cursor },
    answer: gatewaysAnswer,
    ...options,
  });
  if (!answer.ok) return answer;
  const { gateways: items, nextCursor } = answer.value;
  return ok({ items, nextCursor });
}

/** Every gateway, whatever the number of pages. */
export async function loadAllGateways(): Promise<Result<PanelGateway[]>> {
  const all: PanelGateway[] = [];
  let cursor: string | undefined;
  do {
    const page = await loadGateways(cursor, {});
    if (!page.ok) return page;
    all.push(...page.value.items);
    cursor = page.value.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return ok(all);
}

export async function loadGateway(
  gatewayId: string,
  cursor: string | undefined,
  options: Options,
): Promise<Result<PeersPage>> {
  const answer = await call({
    method: 'GET',
    path: `gateways/${segment(gatewayId)}`,
    query: { cursor },
    answer: gatewayAnswer,
    ...options,
  });
  if (!answer.ok) return answer;
  const { gateway, peers: items, nextCursor } = answer.value;
  return ok({ gateway, items, nextCursor });
}

export function addGateway(body: z.input<typeof newGatewayRequest>): Promise<Result<NewGateway>> {
  return call({ method: 'POST', path: 'gateways', body, answer: newGatewayAnswer });
}

export function changeGateway(
  gatewayId: string,
  body: z.input<typeof gatewayChange>,
): Promise<Result<z.infer<typeof gatewayChangedAnswer>>> {
  return call({
    method: 'PUT',
    path: `gateways/${segment(gatewayId)}`,
    body,
    answer: gatewayChangedAnswer,
  });
}

export function renewGatewayToken(
  gatewayId: string,
  body: z.input<typeof gatewayTokenRequest>,
): Promise<Result<NewGatewayToken>> {
  return call({
    method: 'POST',
    path: `gateways/${segment(gatewayId)}/token`,
    body,
    answer: newGatewayTokenAnswer,
  });
}

export function removeGateway(gatewayId: string): Promise<Result<{ endedConnections: number }>> {
  return call({ method: 'DELETE', path: `gateways/${segment(gatewayId)}`, answer: gatewayRemovedAnswer });
}
