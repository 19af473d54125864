import type { LocalNetworks } from './guard-table.ts';
import {
  AF_INET,
  type Link,
  type Network,
  parseNetwork,
  type Route,
  RT_TABLE_MAIN,
} from './netlink-message.ts';
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

/** The kernel's kinds of ports that containers (`veth`) and virtual machines (`tun`, which taps are too) have. */
const INNER_PORTS = ['veth', 'tun'];

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
  if (table !== RT_TABLE_MAIN || typeof via !== 'number' || gateway !== undefined) return false;
  return isPlausible(destination) && PRIVATE.some((range) => contains(range, destination));
}

/** No link is so long: who announces a shorter one wants what is meant for others. */
function isPlausible({ family, prefixLength }: Network): boolean {
  return prefixLength >= (family === AF_INET ? 16 : 64);
}

/** Bridges all of whose ports are of containers or virtual machines. Any other, as a network card or a bond, leads out. */
function innerBridges(links: readonly Link[]): Set<number> {
  const leadOut = links.filter(({ kind }) => !INNER_PORTS.includes(kind ?? '')).map(({ bridge }) => bridge);
  const bridges = links.filter(({ kind, index }) => kind === 'bridge' && !leadOut.includes(index));
  return new Set(bridges.map(({ index }) => index));
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
