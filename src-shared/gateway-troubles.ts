import ipaddr from 'ipaddr.js';
import { networkAddress } from './device-networks.ts';

/** What will not work for those who connect to a gateway with these settings; `value` is what it is about. */
export interface GatewayTrouble {
  code: /** `value`: the domains whose names go to the resolvers all the same; empty: none do. */
    | 'names-stay-here'
    | 'resolver-outside'
    | 'ipv6-refused'
    | 'ipv4-refused'
    /** `value`: the IPv6 network of the devices, which could go through the tunnel; empty: they have none. */
    | 'ipv6-beside'
    | 'subnet-overlap'
    /** `value`: the networks behind the gateway with which its devices' share addresses. */
    | 'subnet-behind'
    /** Domains, to ask for or to search, and nobody to ask. */
    | 'domains-without-resolver';
  value: string;
}

/** The networks out of which a gateway's devices have their addresses. */
interface DeviceNetworks {
  subnet: string;
  /** IPv6 beside an IPv4 `subnet`. */
  subnet6: string | null;
}

export interface GatewayDraft extends DeviceNetworks {
  allowedIps: readonly string[];
  dns: readonly string[];
  dnsDomains: readonly string[];
  dnsSearch: readonly string[];
}

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];

/** A network through the tunnel with a prefix no longer than this means the internet, not one behind the gateway. */
const WIDE_BITS = 7;

/**
 * Settings that are taken and yet leave somebody without names, without a family, or with another's packets. All are
 * well-formed addresses and networks in CIDR form; `others` are the gateways that there are.
 */
export function gatewayTroubles(
  { subnet, subnet6, allowedIps, dns, dnsDomains, dnsSearch }: GatewayDraft,
  others: readonly (DeviceNetworks & { name: string })[],
): GatewayTrouble[] {
  const networks = allowedIps.map((network): Range => ipaddr.parseCIDR(network));
  const isIn = (address: string) => {
    const parsed = ipaddr.parse(address);
    return networks.some((network) => isWithin([parsed, parsed.toByteArray().length * 8], network));
  };
  const own = networksOfDevices({ subnet, subnet6 });
  const isForeign = ([base]: Range) => !own.some(([address]) => address.kind() === base.kind());
  const foreign = networks.find(isForeign);
  const isEverything = (kind: string) => coversAll(networks.filter(([base]) => base.kind() === kind));
  // The gateway's own address alone is how members reach what it serves itself.
  const isOwn = (network: Range) => own.some((ours) => isFirstHost(network, ours));
  const behind = allowedIps.filter((_, at) => {
    const network = networks[at];
    if (!network || network[1] <= WIDE_BITS || isOwn(network)) return false;
    return own.some((ours) => doOverlap(ours, network));
  });
  const overlapping = others.filter((other) =>
    networksOfDevices(other).some((theirs) => own.some((ours) => doOverlap(ours, theirs))),
  );
  return [
    ...(isEverything('ipv4') && (dns.length === 0 || dnsDomains.length > 0)
      ? [{ code: 'names-stay-here' as const, value: dns.length === 0 ? '' : dnsDomains.join(', ') }]
      : []),
    ...dns.filter((address) => !isIn(address)).map((value) => ({ code: 'resolver-outside' as const, value })),
    ...(foreign
      ? [
          {
            code: foreign[0].kind() === 'ipv6' ? ('ipv6-refused' as const) : ('ipv4-refused' as const),
            value: '',
          },
        ]
      : []),
    ...(isEverything('ipv4') && !networks.some(([base]) => base.kind() === 'ipv6')
      ? [{ code: 'ipv6-beside' as const, value: subnet6 ?? '' }]
      : []),
    ...(dns.length === 0 && dnsDomains.length + dnsSearch.length > 0
      ? [{ code: 'domains-without-resolver' as const, value: '' }]
      : []),
    ...(behind.length > 0 ? [{ code: 'subnet-behind' as const, value: behind.join(', ') }] : []),
    ...overlapping.map(({ name }) => ({ code: 'subnet-overlap' as const, value: name })),
  ];
}

function isWithin([base, bits]: Range, [outer, outerBits]: Range): boolean {
  return base.kind() === outer.kind() && outerBits <= bits && base.match(outer, outerBits);
}

/** Also in halves, as `0.0.0.0/1` and `128.0.0.0/1`: what none of the others contains, added up. All of one family. */
function coversAll(networks: readonly Range[]): boolean {
  const outermost = networks.filter(
    (network, at) =>
      !networks.some(
        (other, otherAt) =>
          otherAt !== at && isWithin(network, other) && (otherAt < at || !isWithin(other, network)),
      ),
  );
  return outermost.reduce((share, [, bits]) => share + 2 ** -bits, 0) === 1;
}

function doOverlap(one: Range, other: Range): boolean {
  return isWithin(one, other) || isWithin(other, one);
}

/** Whether a network is but the first address of the other, which is the gateway's own. */
function isFirstHost([address, bits]: Range, [base, baseBits]: Range): boolean {
  const bytes = address.toByteArray();
  const isHost = bits === bytes.length * 8;
  if (!isHost || !isWithin([address, bits], [base, baseBits])) return false;
  const network = ipaddr.parse(networkAddress(`${base}/${baseBits}`)).toByteArray();
  return bytes.every((byte, at) => byte === (network[at] ?? 0) + (at === bytes.length - 1 ? 1 : 0));
}

function networksOfDevices({ subnet, subnet6 }: DeviceNetworks): Range[] {
  return [subnet, ...(subnet6 === null ? [] : [subnet6])].map((network): Range => ipaddr.parseCIDR(network));
}
