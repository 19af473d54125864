import type { LocalNetworks } from './guard-table.ts';
import {
  AF_INET,
  type Link,
  type Network,
  parseNetwork,
  type Route,
  RT_TABLE_MAIN,
} from './netlink-message.ts';
import { contains, isWide, networkText } from './network-plan.ts';

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
  const onLink = routes.filter((route) => isOnLink(route) && isBelieved(route.destination));
  const texts = (of: readonly Route[]) =>
    [...new Set(of.map(({ destination }) => networkText(destination)))].sort();
  return {
    onLink: texts(onLink),
    inner: texts(onLink.filter(({ via }) => typeof via === 'number' && inner.has(via))),
  };
}

/**
 * Networks that the computer is on and that are a part of one of the team's: the longer prefix wins, so what the team has
 * there cannot be reached. Those of containers are a matter of this computer alone. `others`: routes beside the tunnel's.
 */
export function partsOf(
  networks: readonly Network[],
  others: readonly Route[],
  links: () => readonly Link[],
): Network[] {
  const isPart = ({ destination }: Route) =>
    networks.some(
      (network) =>
        !isWide(network.family !== AF_INET, network.prefixLength) &&
        network.prefixLength < destination.prefixLength &&
        contains(network, destination),
    );
  const parts = others.filter((route) => isOnLink(route) && !isHost(route.destination) && isPart(route));
  if (parts.length === 0) return [];
  const inner = innerBridges(links());
  const outer = parts.filter(({ via }) => typeof via === 'number' && !inner.has(via));
  return [...new Map(outer.map(({ destination }) => [networkText(destination), destination])).values()];
}

function isHost({ bytes, prefixLength }: Network): boolean {
  return prefixLength === bytes.length * 8;
}

function isOnLink({ table, via, gateway }: Route): boolean {
  return table === RT_TABLE_MAIN && typeof via === 'number' && gateway === undefined;
}

function isBelieved(network: Network): boolean {
  return isPlausible(network) && PRIVATE.some((range) => contains(range, network));
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
