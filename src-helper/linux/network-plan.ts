import ipaddr from 'ipaddr.js';
import type { LeaseClaims } from '../../src-shared/lease.ts';
import { splitEndpoint } from '../../src-shared/primitives.ts';
import {
  AF_INET,
  type Family,
  type Network,
  parseAddress,
  parseNetwork,
  type Route,
  RT_TABLE_MAIN,
  type Rule,
} from './netlink-message.ts';

/** Mark of WireGuard's own packets, number of the routing table, and priority of our last rule: "pn" in ASCII. */
export const TUNNEL_MARK = 0x706e;
/** Two rules for each of the 129 possible prefix lengths come after it. */
const CONTROL_PRIORITY = TUNNEL_MARK - 2 * 129 - 1;
/** A rule behind all of ours that finds nothing, and a table for it that has nothing. */
const PAST_THE_TUNNEL = TUNNEL_MARK + 1;

/** Whether the kernel runs IPv6 at all, and on the tunnel's interface. */
export type Ipv6 = 'none' | 'elsewhere' | 'here';

/** What one lease asks of the network, in the words of the kernel. */
export interface NetworkPlan {
  mtu: number;
  addresses: Network[];
  /** What the tunnel is for, each once, host bits cleared. */
  networks: Network[];
  rules: Rule[];
  /** Networks that are also this computer's own go into the tunnel too. */
  isTeamFirst: boolean;
  /** The gateway's answers come from an address that the tunnel is for: see `ReversePath`. */
  isGatewayInside: boolean;
}

/**
 * Translates a lease. All routes are in a table of the tunnel's own, which everything but WireGuard's own packets
 * looks into: those follow the rules and tables of the system, wherever these lead when the computer moves to another
 * network. The longest prefix of the main table and the tunnel's wins, since for each length, longest first, the main
 * table is asked for something longer and then the tunnel's for that length. What goes to `control` over TCP passes by
 * all of this. With `isTeamFirst` the main table is asked first only where a wide network is at stake: what a stranger's
 * router announces takes nothing of the team's own networks.
 */
export function planNetwork(
  { wg, control = [] }: Pick<LeaseClaims, 'wg' | 'control'>,
  ipv6: Ipv6,
  isTeamFirst = false,
): NetworkPlan {
  const isThere = ({ family }: Network) => ipv6 !== 'none' || family === AF_INET;
  const isHere = ({ family }: Network) => ipv6 === 'here' || family === AF_INET;
  const networks = unique(wg.allowedIps.map((cidr) => parseNetwork(cidr, true)).filter(isThere));
  const gateway = parseAddress(splitEndpoint(wg.endpoint).address);
  const isInside = (address: Network) => networks.some((network) => contains(network, address));
  const servers = control
    .map(splitEndpoint)
    .map(({ address, port }) => ({ to: parseAddress(address), tcpPort: port }))
    .filter(({ to }) => isInside(to));
  return {
    mtu: wg.mtu,
    addresses: unique(wg.addresses.map((cidr) => parseNetwork(cidr, false)).filter(isHere)),
    networks,
    rules: [...controlRules(servers), ...tunnelRules(networks, isTeamFirst)],
    isTeamFirst,
    isGatewayInside: isInside(gateway),
  };
}

/** Past the tunnel, everything that the system has looks on: other tables, other tunnels, or nothing at all. */
function controlRules(servers: readonly { to: Network; tcpPort: number }[]): Rule[] {
  const families = new Set(servers.map(({ to }) => to.family));
  return [
    ...servers.map(({ to, tcpPort }) => ({
      family: to.family,
      priority: CONTROL_PRIORITY,
      action: { goto: PAST_THE_TUNNEL },
      to,
      tcpPort,
    })),
    ...[...families].map((family) => ({
      family,
      priority: PAST_THE_TUNNEL,
      action: { table: PAST_THE_TUNNEL },
    })),
  ];
}

function tunnelRules(networks: readonly Network[], isTeamFirst: boolean): Rule[] {
  const lengths = new Map(networks.map((network) => [`${network.family}/${network.prefixLength}`, network]));
  return [...lengths.values()]
    .flatMap(({ family, prefixLength }) => rulesForLength(family, prefixLength))
    .filter(
      ({ action, family, suppressPrefixLength = 0 }) =>
        !isTeamFirst || isTunnel(action) || isWide(family !== AF_INET, suppressPrefixLength),
    );
}

/**
 * Shorter than any network that one team has: a route to the world, beside which there are networks of one's own. The
 * shortest that is not: 10.0.0.0/8 and fc00::/7.
 */
export function isWide(isV6: boolean, prefixLength: number): boolean {
  return prefixLength < (isV6 ? 7 : 8);
}

function isTunnel(action: Rule['action']): boolean {
  return 'table' in action && action.table === TUNNEL_MARK;
}

function rulesForLength(family: Family, length: number): Rule[] {
  const suppress = length > 0 ? { suppressPrefixLength: length - 1 } : {};
  return [
    {
      family,
      priority: mainPriority(length),
      action: { table: RT_TABLE_MAIN },
      suppressPrefixLength: length,
    },
    {
      family,
      priority: TUNNEL_MARK - 2 * length,
      action: { table: TUNNEL_MARK },
      invertMark: TUNNEL_MARK,
      ...suppress,
    },
  ];
}

/** Just before the tunnel's table is asked for this length. */
function mainPriority(length: number): number {
  return TUNNEL_MARK - 2 * length - 1;
}

/**
 * The plan's routes. What is of a family in which the tunnel has no address has no way: nothing of it leaves beside
 * the tunnel, and no program waits for an answer.
 */
export function planRoutes(
  { networks, addresses }: Pick<NetworkPlan, 'networks' | 'addresses'>,
  tunnelIndex: number,
): Route[] {
  const hasAddress = ({ family }: Network) => addresses.some((address) => address.family === family);
  return networks.map((destination) => ({
    destination,
    via: hasAddress(destination) ? tunnelIndex : 'unreachable',
    table: TUNNEL_MARK,
  }));
}

/**
 * The networks that this computer's own network has too, to the same length, where it has `others` beside the tunnel's
 * routes. For these the main table is asked first by the rules of `preferMain`: as long as it has them, no longer.
 */
export function overlapsOf(networks: readonly Network[], others: readonly Route[]): Network[] {
  const own = new Set(
    others
      .filter(({ table, via }) => table === RT_TABLE_MAIN && via !== 'unreachable')
      .filter(({ destination }) => destination.prefixLength > 0)
      .map(({ destination }) => networkText(destination)),
  );
  return networks.filter((network) => own.has(networkText(network)));
}

export function preferMain(overlaps: readonly Network[]): Rule[] {
  return overlaps.map((to) => ({
    family: to.family,
    priority: mainPriority(to.prefixLength),
    action: { table: RT_TABLE_MAIN },
    suppressPrefixLength: to.prefixLength - 1,
    to,
  }));
}

export function contains(network: Network, address: Network): boolean {
  if (network.family !== address.family || network.prefixLength > address.prefixLength) return false;
  for (let bit = 0; bit < network.prefixLength; bit++) {
    const mask = 0x80 >> (bit & 7);
    if (((network.bytes[bit >> 3] ?? 0) & mask) !== ((address.bytes[bit >> 3] ?? 0) & mask)) return false;
  }
  return true;
}

/** As a person writes it, e.g. `10.8.0.0/24`; one text for each network, so that sets of them can be compared. */
export function networkText({ bytes, prefixLength }: Network): string {
  return `${ipaddr.fromByteArray([...bytes])}/${prefixLength}`;
}

function unique(networks: Network[]): Network[] {
  return [...new Map(networks.map((network) => [networkText(network), network])).values()];
}
