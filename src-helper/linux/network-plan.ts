import ipaddr from 'ipaddr.js';
import type { LeaseClaims } from '../../src-shared/lease.ts';
import { AF_INET, AF_INET6, type Network, parseAddress, parseNetwork, type Rule } from './netlink-message.ts';

/** Mark of WireGuard's own packets, number of the routing table, and priority of our rules: "pn" in ASCII. */
export const TUNNEL_MARK = 0x706e;
const RT_TABLE_MAIN = 254;

/** What one lease asks of the network, in the words of the kernel. */
export interface NetworkPlan {
  mtu: number;
  addresses: Network[];
  /** Into the tunnel; `table` is set where the default route goes through it. */
  routes: { destination: Network; table?: number }[];
  rules: Rule[];
  /** Mark on WireGuard's own packets, 0 for none. */
  fwmark: number;
  /** The gateway's address, when a route of ours would send WireGuard's own packets into the tunnel. */
  endpointToPin: string | null;
}

/**
 * Translates a lease. A default route (prefix length 0) goes into a table of its own, which all but WireGuard's own
 * packets look into, after the main table without its default route: the way of wg-quick(8). IPv6 is left out where
 * the system has it turned off.
 */
export function planNetwork(wg: LeaseClaims['wg'], hasIpv6: boolean): NetworkPlan {
  const isUsable = ({ family }: Network) => hasIpv6 || family === AF_INET;
  const allowed = wg.allowedIps.map((cidr) => parseNetwork(cidr, true)).filter(isUsable);
  const defaults = allowed.filter(({ prefixLength }) => prefixLength === 0);
  const others = allowed.filter(({ prefixLength }) => prefixLength > 0);
  const host = hostOf(wg.endpoint);
  const endpoint = parseAddress(host);
  const isInside = others.some((network) => contains(network, endpoint));
  return {
    mtu: wg.mtu,
    addresses: unique(wg.addresses.map((cidr) => parseNetwork(cidr, false)).filter(isUsable)),
    routes: [
      ...unique(others).map((destination) => ({ destination })),
      ...unique(defaults).map((destination) => ({ destination, table: TUNNEL_MARK })),
    ],
    rules: unique(defaults).flatMap(({ family }) => fullTunnelRules(family)),
    fwmark: defaults.length > 0 ? TUNNEL_MARK : 0,
    endpointToPin: isInside ? host : null,
  };
}

function fullTunnelRules(family: Rule['family']): Rule[] {
  return [
    { family, priority: TUNNEL_MARK, table: TUNNEL_MARK, invertMark: TUNNEL_MARK },
    { family, priority: TUNNEL_MARK - 1, table: RT_TABLE_MAIN, suppressPrefixLength: 0 },
  ];
}

/** Every rule that any plan may set, for cleaning up after a crash. */
export const everyRule: readonly Rule[] = [...fullTunnelRules(AF_INET), ...fullTunnelRules(AF_INET6)];

/** The address of `address:port`, without brackets. */
export function hostOf(endpoint: string): string {
  return endpoint.slice(0, endpoint.lastIndexOf(':')).replace(/^\[|\]$/g, '');
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
