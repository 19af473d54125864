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
const CONTROL_PRIORITY = TUNNEL_MARK - 2 * 129 - 2;

/** What one lease asks of the network, in the words of the kernel. */
export interface NetworkPlan {
  mtu: number;
  addresses: Network[];
  /** What the tunnel is for, each once, host bits cleared. */
  networks: Network[];
  rules: Rule[];
  /** The gateway's answers come from an address that the tunnel is for: see `ReversePath`. */
  isGatewayInside: boolean;
}

/**
 * Translates a lease. All routes are in a table of the tunnel's own, which everything but WireGuard's own packets
 * looks into: those follow the main table, wherever it leads when the computer moves to another network. The longest
 * prefix of both tables wins, since for each length, longest first, the main table is asked for something longer and
 * then the tunnel's for that length. What goes to `control` over TCP asks the main table before all that. IPv6 is
 * left out where the system has it turned off.
 */
export function planNetwork(
  { wg, control = [] }: Pick<LeaseClaims, 'wg' | 'control'>,
  hasIpv6: boolean,
): NetworkPlan {
  const isUsable = ({ family }: Network) => hasIpv6 || family === AF_INET;
  const networks = unique(wg.allowedIps.map((cidr) => parseNetwork(cidr, true)).filter(isUsable));
  const gateway = parseAddress(splitEndpoint(wg.endpoint).address);
  const servers = control
    .map(splitEndpoint)
    .map(({ address, port }) => ({ address: parseAddress(address), port }))
    .filter(({ address }) => isUsable(address) && networks.some((network) => contains(network, address)));
  return {
    mtu: wg.mtu,
    addresses: unique(wg.addresses.map((cidr) => parseNetwork(cidr, false)).filter(isUsable)),
    networks,
    rules: [...servers.flatMap(controlRules), ...tunnelRules(networks)],
    isGatewayInside: networks.some((network) => contains(network, gateway)),
  };
}

/** Without a way past the tunnel there is none: while the computer changes networks nothing takes the tunnel instead. */
function controlRules(tcpTo: { address: Network; port: number }): Rule[] {
  const { family } = tcpTo.address;
  return [
    { family, priority: CONTROL_PRIORITY, table: RT_TABLE_MAIN, tcpTo },
    { family, priority: CONTROL_PRIORITY + 1, table: null, tcpTo },
  ];
}

function tunnelRules(networks: readonly Network[]): Rule[] {
  const lengths = new Map(networks.map((network) => [`${network.family}/${network.prefixLength}`, network]));
  return [...lengths.values()].flatMap(({ family, prefixLength }) => rulesForLength(family, prefixLength));
}

function rulesForLength(family: Family, length: number): Rule[] {
  const priority = TUNNEL_MARK - 2 * length;
  const suppress = length > 0 ? { suppressPrefixLength: length - 1 } : {};
  return [
    { family, priority: priority - 1, table: RT_TABLE_MAIN, suppressPrefixLength: length },
    { family, priority, table: TUNNEL_MARK, invertMark: TUNNEL_MARK, ...suppress },
  ];
}

/**
 * The plan's routes where this computer has `listed`. What is of a family in which the tunnel has no address has no
 * way: nothing of it leaves beside the tunnel, and no program waits for an answer. A network that this computer's own network has too, to the
 * same length, stays with that one: it is left out of the tunnel, and named.
 */
export function planRoutes(
  { networks, addresses }: Pick<NetworkPlan, 'networks' | 'addresses'>,
  listed: readonly Route[],
  tunnelIndex: number,
): { routes: Route[]; overlaps: string[] } {
  const others = new Set(
    listed
      .filter(({ table, via }) => table === RT_TABLE_MAIN && via !== tunnelIndex)
      .filter(({ destination }) => destination.prefixLength > 0)
      .map(({ destination }) => networkText(destination)),
  );
  const hasAddress = ({ family }: Network) => addresses.some((address) => address.family === family);
  const isOverlap = (destination: Network) => others.has(networkText(destination));
  const routes = networks.map(
    (destination): Route => ({
      destination,
      via: isOverlap(destination) ? 'throw' : hasAddress(destination) ? tunnelIndex : 'unreachable',
      table: TUNNEL_MARK,
    }),
  );
  return { routes, overlaps: networks.filter(isOverlap).map(networkText) };
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
