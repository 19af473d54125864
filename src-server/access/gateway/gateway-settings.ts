import {
  MAX_ALTERNATE_PORTS,
  MAX_DOMAINS,
  MAX_NETWORKS,
  MAX_RESOLVERS,
} from '../../../src-shared/gateway-limits.ts';
import { portList, splitEndpoint, textList } from '../../../src-shared/primitives.ts';
import type { GatewayRow } from '../../db/schema.ts';
import { canAgent } from './gateway-agent.ts';

/** Of a gateway, what a lease takes from it. */
export interface GatewaySettings {
  /** CIDR: the devices' addresses in IPv6 beside an IPv4 subnet; null: they have none. */
  subnet6: string | null;
  /** CIDR list: what the clients send through the tunnel. */
  allowedIps: string[];
  dns: string[];
  /** `dns` is asked for names of these alone; empty: for every name. */
  dnsDomains: string[];
  /** Where names without a dot are looked for. */
  dnsSearch: string[];
  /** UDP ports besides the endpoint's own, in the order in which they are tried. */
  alternatePorts: number[];
  mtu: number;
  keepaliveSeconds: number;
}

export function settingsOf(row: GatewayRow): GatewaySettings {
  return {
    subnet6: row.subnet6,
    allowedIps: textList.parse(JSON.parse(row.allowed_ips_json)),
    dns: textList.parse(JSON.parse(row.dns_json)),
    dnsDomains: textList.parse(JSON.parse(row.dns_domains_json)),
    dnsSearch: textList.parse(JSON.parse(row.dns_search_json)),
    alternatePorts: portList.parse(JSON.parse(row.alternate_ports_json)),
    mtu: row.mtu,
    keepaliveSeconds: row.keepalive_seconds,
  };
}

/** The reverse of `settingsOf`. */
export function columnsOf(settings: GatewaySettings) {
  return {
    subnet6: settings.subnet6,
    allowed_ips_json: JSON.stringify(settings.allowedIps),
    dns_json: JSON.stringify(settings.dns),
    dns_domains_json: JSON.stringify(settings.dnsDomains),
    dns_search_json: JSON.stringify(settings.dnsSearch),
    alternate_ports_json: JSON.stringify(settings.alternatePorts),
    mtu: settings.mtu,
    keepalive_seconds: settings.keepaliveSeconds,
  };
}

/** Of a gateway, what decides how much of its settings its agent carries out. */
export type CarriedOut = Pick<GatewayRow, 'agent_json' | 'alternate_ports_json' | 'endpoint' | 'subnet6'>;

/**
 * The ports of which gateway and clients hear: none where the agent would not listen there. It may have come with one
 * of them as its own meanwhile.
 */
export function alternatePortsOf(row: Omit<CarriedOut, 'subnet6'>): number[] {
  if (!canAgent(row, 'alternate-ports')) return [];
  const own = row.endpoint === null ? null : splitEndpoint(row.endpoint).port;
  return portList.parse(JSON.parse(row.alternate_ports_json)).filter((port) => port !== own);
}

/** Out of which devices get an IPv6 address beside their IPv4 one; null where the agent would have none itself. */
export function subnet6Of(row: Pick<CarriedOut, 'agent_json' | 'subnet6'>): string | null {
  return canAgent(row, 'addresses') ? row.subnet6 : null;
}

/** Why they are refused, for people, beginning with the field; null: they are not. */
export function mistakeInSettings(settings: GatewaySettings): string | null {
  const { allowedIps, dns, dnsDomains, dnsSearch, alternatePorts } = settings;
  if (allowedIps.length === 0 || allowedIps.length > MAX_NETWORKS)
    return `allowedIps: ${allowedIps.length} networks, at least 1 and at most ${MAX_NETWORKS}`;
  if (dns.length > MAX_RESOLVERS) return `dns: ${dns.length} servers, at most ${MAX_RESOLVERS}`;
  for (const [field, domains] of Object.entries({ dnsDomains, dnsSearch }))
    if (domains.length > MAX_DOMAINS) return `${field}: ${domains.length} domains, at most ${MAX_DOMAINS}`;
  if (alternatePorts.length > MAX_ALTERNATE_PORTS)
    return `alternatePorts: ${alternatePorts.length} ports, at most ${MAX_ALTERNATE_PORTS}`;
  const twice = alternatePorts.find((port, at) => alternatePorts.indexOf(port) !== at);
  return twice === undefined ? null : `alternatePorts: ${twice} is named twice`;
}
