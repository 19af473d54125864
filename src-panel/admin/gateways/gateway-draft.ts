import { mistakeInSubnet6 } from '../../../src-shared/device-networks.ts';
import { MAX_ALTERNATE_PORTS, MAX_DOMAINS, MTU } from '../../../src-shared/gateway-limits.ts';
import { newGatewayRequest } from '../../../src-shared/panel/gateways.ts';
import { typedDomain } from '../../../src-shared/typed-domain.ts';
import { areAddresses, areNetworks, partsOf, wholeNumber } from '../parts/lists.ts';
import type { AdminWords } from '../strings/en.ts';

/** As typed. */
export interface TypedGateway {
  name: string;
  subnet: string;
  subnet6: string;
  allowed: string;
  dns: string;
  dnsDomains: string;
  dnsSearch: string;
  alternatePorts: string;
  mtu: string;
}

export interface GatewayValues {
  name: string;
  subnet: string;
  subnet6: string | null;
  allowedIps: string[];
  dns: string[];
  dnsDomains: string[];
  dnsSearch: string[];
  alternatePorts: number[];
  mtu: number;
}

/** What is wrong with a field; null: nothing. */
type Mistake = keyof AdminWords['gateways']['bad'] | null;

interface ReadDraft {
  /** Null as long as there is a mistake. */
  values: GatewayValues | null;
  mistakes: Record<keyof TypedGateway, Mistake>;
}

/** `ownPort`: the one that the gateway's endpoint names; null while nobody knows it. */
export function readDraft(draft: TypedGateway, ownPort: number | null): ReadDraft {
  const name = draft.name.trim();
  const subnet = draft.subnet.trim();
  const subnet6 = draft.subnet6.trim() || null;
  const typed = partsOf(draft.allowed);
  // What the server takes for an empty list.
  const allowedIps = typed.length === 0 ? newGatewayRequest.shape.allowedIps.parse(undefined) : typed;
  const dns = partsOf(draft.dns);
  const dnsDomains = domainsOf(draft.dnsDomains);
  const dnsSearch = domainsOf(draft.dnsSearch);
  const alternatePorts = partsOf(draft.alternatePorts).map((text) => wholeNumber(text, 1, 65_535));
  const mtu = wholeNumber(draft.mtu, MTU.least, MTU.most);
  const mistakes: ReadDraft['mistakes'] = {
    name: name === '' ? 'name' : null,
    subnet: areNetworks([subnet]) ? null : 'subnet',
    subnet6: subnet6 === null ? null : mistakeInFamilies(subnet, subnet6),
    allowed: areNetworks(allowedIps) ? null : 'allowed',
    dns: areAddresses(dns) ? null : 'dns',
    dnsDomains: mistakeInDomains(dnsDomains),
    dnsSearch: mistakeInDomains(dnsSearch),
    alternatePorts: mistakeInPorts(alternatePorts, ownPort),
    mtu: mtu === null ? 'mtu' : null,
  };
  const isGood = Object.values(mistakes).every((mistake) => mistake === null);
  if (!isGood || mtu === null || !areAll(dnsDomains) || !areAll(dnsSearch) || !areAll(alternatePorts))
    return { values: null, mistakes };
  const values = { name, subnet, subnet6, allowedIps, dns, dnsDomains, dnsSearch, alternatePorts, mtu };
  return { values, mistakes };
}

/** Each once; null for what is no domain. */
const domainsOf = (text: string): (string | null)[] => [...new Set(partsOf(text).map(typedDomain))];

function areAll<T>(values: readonly (T | null)[]): values is T[] {
  return !values.includes(null);
}

const SUBNET6_MISTAKES = {
  family: 'subnet6',
  size: 'subnet6',
  twice: 'subnet6Twice',
  range: 'subnet6Range',
  room: 'subnet6Room',
} as const;

function mistakeInFamilies(subnet: string, subnet6: string): Mistake {
  if (!areNetworks([subnet6])) return 'subnet6';
  // What is wrong with the one above is told there.
  if (!areNetworks([subnet])) return null;
  const mistake = mistakeInSubnet6(subnet, subnet6);
  return mistake && SUBNET6_MISTAKES[mistake];
}

function mistakeInDomains(domains: readonly (string | null)[]): Mistake {
  if (domains.includes(null)) return 'domains';
  return domains.length > MAX_DOMAINS ? 'manyDomains' : null;
}

function mistakeInPorts(ports: readonly (number | null)[], ownPort: number | null): Mistake {
  if (ports.includes(null)) return 'ports';
  if (ports.length > MAX_ALTERNATE_PORTS) return 'manyPorts';
  if (new Set(ports).size < ports.length) return 'portTwice';
  return ownPort !== null && ports.includes(ownPort) ? 'ownPort' : null;
}
