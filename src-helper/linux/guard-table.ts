import { splitEndpoint } from '../../src-shared/primitives.ts';
import type { GuardDemand } from '../guard/demand.ts';
import { isWide, TUNNEL_MARK } from './network-plan.ts';

export const GUARD_TABLE = 'inet postern_guard';
/** TCP fails at once instead of waiting for an answer. */
const REJECT = 'reject with icmpx admin-prohibited';
/** Broadcast, multicast and link-local: of the network that the computer is on, whatever its addresses are. */
const EVERY_LAN = ['169.254.0.0/16', '224.0.0.0/4', '255.255.255.255', 'fe80::/10', 'ff00::/8'];

/** The networks that this computer is on, CIDR. */
export interface LocalNetworks {
  /** With private addresses, on the other side of no router. */
  onLink: readonly string[];
  /** Of these, what never leaves the computer: bridges of containers and virtual machines. */
  inner: readonly string[];
}

/** Removes the table whether or not it is there. */
export const REMOVE_GUARD = `table ${GUARD_TABLE}\ndelete table ${GUARD_TABLE}\n`;

/**
 * Text for `nft -f -`, one transaction: the table as it stands whether the tunnel is up or down. The team's networks
 * leave through the tunnel or not at all. `open` and `portal` are left as they are, see `elementsText`.
 *
 * A table that is there keeps its chains, which are emptied and filled: a packet sees those of before or the new ones.
 * Made anew they would be others, and one that has passed the new while it was empty could pass the old when it is.
 */
export function guardTable(demand: GuardDemand, local: LocalNetworks, interfaceName: string): string {
  const { mode, networks, control, allowLan } = demand;
  const team = networks.filter((network) => !isToTheWorld(network));
  const lan = [...(allowLan ? [...local.onLink, ...EVERY_LAN] : []), ...local.inner];
  return [
    ...declarations(),
    `table ${GUARD_TABLE} {`,
    ...addressSets('team', team),
    ...addressSets('wide', networks.filter(isToTheWorld)),
    ...addressSets('lan', lan),
    ...serverSets(control),
    '  chain output {',
    `    oifname { "lo", "${interfaceName}" } accept`,
    `    meta mark ${TUNNEL_MARK} meta l4proto udp accept`,
    '    ip daddr . tcp dport @control4 accept',
    '    ip6 daddr . tcp dport @control6 accept',
    '    udp sport 68 udp dport 67 accept',
    '    udp sport 546 udp dport 547 accept',
    '    icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert, mld-listener-report, mld2-listener-report } accept',
    '    meta nfproto @portal udp dport 53 accept',
    '    meta nfproto @portal tcp dport { 53, 80, 443 } accept',
    '    jump judge',
    '  }',
    '  chain forward {',
    `    oifname { "lo", "${interfaceName}" } accept`,
    '    jump judge',
    '  }',
    '  chain judge {',
    `    ip daddr @team4 ${REJECT}`,
    `    ip6 daddr @team6 ${REJECT}`,
    // Names are no printer: with everything held back they do not leave by way of the router.
    ...(mode === 'always'
      ? [`    meta nfproto != @open meta l4proto { tcp, udp } th dport { 53, 853 } ${REJECT}`]
      : []),
    '    ip daddr @lan4 accept',
    '    ip6 daddr @lan6 accept',
    `    ip daddr @wide4 ${REJECT}`,
    `    ip6 daddr @wide6 ${REJECT}`,
    ...(mode === 'always' ? ['    meta nfproto @open accept', `    ${REJECT}`] : []),
    '  }',
    '}',
    '',
  ].join('\n');
}

/** What changes without the table: the page of a network for `portalSeconds`, everything but the team's for `openSeconds`. */
export function elementsText({
  portalSeconds,
  openSeconds,
}: {
  portalSeconds: number;
  openSeconds: number;
}): string {
  return [...elementText('portal', portalSeconds), ...elementText('open', openSeconds), ''].join('\n');
}

function elementText(set: string, seconds: number): string[] {
  const flush = `flush set ${GUARD_TABLE} ${set}`;
  if (seconds <= 0) return [flush];
  const elements = ['ipv4', 'ipv6'].map((family) => `${family} timeout ${Math.ceil(seconds)}s`).join(', ');
  return [flush, `add element ${GUARD_TABLE} ${set} { ${elements} }`];
}

const ADDRESS_SETS = ['team', 'wide', 'lan'] as const;
const families = [
  { number: 4, isV6: false, type: 'ipv4_addr' },
  { number: 6, isV6: true, type: 'ipv6_addr' },
] as const;

/** Everything that has a name, empty: made if it is not there. */
function declarations(): string[] {
  const addresses = families.flatMap(({ number, type }) =>
    ADDRESS_SETS.map((name) => ({
      name: `${name}${number}`,
      spec: `type ${type}; flags interval; auto-merge;`,
    })),
  );
  const servers = families.map(({ number, type }) => ({
    name: `control${number}`,
    spec: `type ${type} . inet_service;`,
  }));
  const sets = [...addresses, ...servers];
  return [
    `table ${GUARD_TABLE} {`,
    ...sets.map(({ name, spec }) => `  set ${name} { ${spec} }`),
    '  set portal { type nf_proto; flags timeout; }',
    '  set open { type nf_proto; flags timeout; }',
    '  chain output { type filter hook output priority filter - 5; policy accept; }',
    '  chain forward { type filter hook forward priority filter - 5; policy accept; }',
    '  chain judge { }',
    '}',
    ...['output', 'forward', 'judge'].map((chain) => `flush chain ${GUARD_TABLE} ${chain}`),
    ...sets.map(({ name }) => `flush set ${GUARD_TABLE} ${name}`),
  ];
}

function addressSets(name: (typeof ADDRESS_SETS)[number], networks: readonly string[]): string[] {
  return families.map(({ number, type, isV6: v6 }) => {
    const elements = networks.filter((network) => isV6(network) === v6).join(', ');
    return `  set ${name}${number} { type ${type}; flags interval; auto-merge; ${elementList(elements)}}`;
  });
}

function serverSets(control: readonly string[]): string[] {
  const servers = control.map(splitEndpoint);
  return families.map(({ number, type, isV6: v6 }) => {
    const elements = servers
      .filter(({ address }) => isV6(address) === v6)
      .map(({ address, port }) => `${address} . ${port}`)
      .join(', ');
    return `  set control${number} { type ${type} . inet_service; ${elementList(elements)}}`;
  });
}

const elementList = (elements: string): string => (elements === '' ? '' : `elements = { ${elements} } `);
const isV6 = (network: string): boolean => network.includes(':');
const isToTheWorld = (network: string): boolean => isWide(isV6(network), Number(network.split('/')[1]));
