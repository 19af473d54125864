import type { LocalNetworks } from './guard-table.ts';
import { type Link, type Network, parseNetwork, type Route, RT_TABLE_MAIN } from './netlink-message.ts';
import { contains, networkText } from './network-plan.ts';

/**
 * Addresses that belong to nobody in particular (RFC 1918, RFC 6598, RFC 3927, RFC 4193, RFC 4291): a router that says of others that
 * they are on its link is not believed, since they may be anybody's.
 */
const PRIVATE = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  'fc00::/7',
  'fe80::/10',
].map((network) => parseNetwork(network, true));

/** The networks that the computer is on, as its main table and its interfaces tell. */
export function localNetworks(routes: readonly Route[], links: readonly Link[]): LocalNetworks {
  const inner = innerBridges(links);
  const onLink = routes.filter(isOnLink);
  const texts = (of: readonly Route[]) =>
    [...new Set(of.map(({ destination }) => networkText(destination)))].sort();
  return {
    onLink: texts(onLink),
    inner: texts(onLink.filter(({ via }) => typeof via === 'number' && inner.has(via))),
  };
}

function isOnLink({ table, via, gateway, destination }: Route): boolean {
  return (
    table === RT_TABLE_MAIN && typeof via === 'number' && gateway === undefined && isPrivate(destination)
  );
}

function isPrivate(network: Network): boolean {
  return PRIVATE.some((range) => contains(range, network));
}

/** Bridges whose ports are all made of software. One with a port of hardware leads out of the computer. */
function innerBridges(links: readonly Link[]): Set<number> {
  const leadOut = new Set(links.filter(({ kind }) => kind === null).map(({ bridge }) => bridge));
  return new Set(
    links.filter(({ kind, index }) => kind === 'bridge' && !leadOut.has(index)).map(({ index }) => index),
  );
}

/** By which router, over which interface; null without a default route. */
export function defaultRouteOf(routes: readonly Route[]): string | null {
  const found = routes.find(
    ({ table, destination, gateway, via }) =>
      table === RT_TABLE_MAIN &&
      destination.prefixLength === 0 &&
      gateway !== undefined &&
      via !== 'unreachable',
  );
  return found ? `${found.via} ${found.gateway?.toString('hex')}` : null;
}
