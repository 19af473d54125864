import type { GatewayConfig } from './config.ts';
import { FAMILIES, type Family, familyOf } from './family.ts';
import { tableName } from './table-name.ts';

/**
 * What passes between tunnel and gateway, in one nftables table of our own. Members reach the networks that the server
 * named, echo and the services that the gateway lists, and nothing else: no other port of this host, no other member,
 * no link-local address (cloud metadata). All of it only while the set `alive` holds the interface, whose timeout the
 * agent renews: a gateway whose agent hangs or is gone closes by itself.
 */
export type FilterSettings = Pick<
  GatewayConfig,
  'interfaceName' | 'nat' | 'egressInterface' | 'services' | 'forwardOthers' | 'memberToMember'
>;

/** What changes while the agent runs. */
export interface FilterState {
  /** The tunnel's, CIDR. */
  addresses: readonly string[];
  /** In which families the agent has turned forwarding on, and takes it back at the end. */
  ownForwarding: ReadonlySet<Family>;
}

const REJECT = 'reject with icmpx type admin-prohibited';

/** Empty chains, which say to the next start in which families it was we who turned forwarding on. */
const OWN_FORWARDING = {
  ipv4: 'forwarding_is_ours',
  ipv6: 'forwarding6_is_ours',
} as const satisfies Record<Family, string>;
/** A chain that no packet comes to: which addresses the tunnel should have, for whoever looks. */
const ADDRESSES = 'addresses';

/** Of the table as `nft` prints it: the families that its agent, maybe one that was killed, turned forwarding on in. */
export function ownForwardingOf(table: string): Set<Family> {
  return new Set(FAMILIES.filter((family) => table.includes(`chain ${OWN_FORWARDING[family]} `)));
}

/** The same for the addresses that the tunnel should have, CIDR; none when there is no table. */
export function addressesOf(table: string): string[] {
  return [...table.matchAll(/comment "address ([^"]+)"/g)].flatMap(([, address]) => address ?? []);
}

const SETS = [
  'set alive { type ifname; flags timeout; }',
  'set networks4 { type ipv4_addr; flags interval; auto-merge; }',
  'set networks6 { type ipv6_addr; flags interval; auto-merge; }',
] as const;

const HOOKS = {
  forward: 'type filter hook forward priority filter; policy accept;',
  input: 'type filter hook input priority filter; policy accept;',
  postrouting: 'type nat hook postrouting priority srcnat; policy accept;',
} as const;

/**
 * Text for `nft -f -`, which takes it as one transaction: the table is made if it is not there, emptied and filled. Its
 * sets stay as they are. A table that is there keeps its chains: a packet sees the rules of before or the new ones.
 */
export function filterTable(settings: FilterSettings, state: FilterState): string {
  const { interfaceName, services, memberToMember } = settings;
  const table = `inet ${tableName(interfaceName)}`;
  const chains: Record<string, readonly string[] | null> = {
    forward: [
      `iifname "${interfaceName}" goto from_members`,
      `oifname "${interfaceName}" oifname != @alive drop`,
      ...othersRules(settings, state),
    ],
    from_members: [
      'iifname != @alive drop',
      // A port of this host that another program passes on, as Docker's published ones, is a port of this host.
      `ct direction original ct status dnat ${REJECT}`,
      `oifname "${interfaceName}" ${memberToMember ? 'accept' : REJECT}`,
      `ip daddr 169.254.0.0/16 ${REJECT}`,
      `ip6 daddr { fe80::/10, fd00:ec2::254 } ${REJECT}`,
      'ip daddr @networks4 accept',
      'ip6 daddr @networks6 accept',
      REJECT,
    ],
    input: [`iifname "${interfaceName}" goto to_gateway`],
    to_gateway: [
      'iifname != @alive drop',
      'ct state established,related accept',
      'icmp type echo-request accept',
      'icmpv6 type echo-request accept',
      ...services.map((service) => `${service.replace('/', ' dport ')} accept`),
      REJECT,
    ],
    postrouting: natRules(settings, state),
    [ADDRESSES]: state.addresses.map((address) => `${sourceIn(address)} comment "address ${address}"`),
    [OWN_FORWARDING.ipv4]: state.ownForwarding.has('ipv4') ? [] : null,
    [OWN_FORWARDING.ipv6]: state.ownForwarding.has('ipv6') ? [] : null,
  };
  const names = Object.keys(chains);
  const hookOf = (name: string): string => Object.entries(HOOKS).find(([hook]) => hook === name)?.[1] ?? '';
  return [
    `table ${table} {`,
    ...SETS.map((set) => `  ${set}`),
    ...names.map((name) => `  chain ${name} { ${hookOf(name)} }`),
    '}',
    ...names.map((name) => `flush chain ${table} ${name}`),
    ...names.filter((name) => chains[name] === null).map((name) => `delete chain ${table} ${name}`),
    `table ${table} {`,
    ...Object.entries(chains).flatMap(([name, rules]) =>
      rules && rules.length > 0 ? [`  chain ${name} {`, ...rules.map((rule) => `    ${rule}`), '  }'] : [],
    ),
    '}',
    '',
  ].join('\n');
}

const sourceIn = (address: string): string =>
  `${familyOf(address) === 'ipv6' ? 'ip6' : 'ip'} saddr ${address}`;

/** Null: no chain at all, which would have the kernel follow every connection. */
function natRules({ nat, egressInterface }: FilterSettings, { addresses }: FilterState): string[] | null {
  if (!nat || egressInterface === undefined) return null;
  return addresses.map((address) => `${sourceIn(address)} oifname "${egressInterface}" masquerade`);
}

/**
 * Forwarding makes a router of a host, for everybody who reaches its address. Where it is on for the tunnel's sake
 * alone, what is neither from nor for the tunnel is dropped, but for what bridges have (containers, virtual machines),
 * now or later. A host that forwarded before us goes on with it.
 */
function othersRules(
  { interfaceName, forwardOthers }: FilterSettings,
  { ownForwarding }: FilterState,
): string[] {
  const drop = `oifname != "${interfaceName}" drop`;
  if (forwardOthers === false) return [drop];
  if (forwardOthers === true || ownForwarding.size === 0) return [];
  return [
    'meta iifkind "bridge" accept',
    'meta oifkind "bridge" accept',
    ...FAMILIES.filter((family) => ownForwarding.has(family)).map(
      (family) => `meta nfproto ${family} ${drop}`,
    ),
  ];
}

/** The allowed destinations, all at once. */
export function networksText(interfaceName: string, networks: readonly string[]): string {
  const table = `inet ${tableName(interfaceName)}`;
  return [
    ...FAMILIES.flatMap((family) => {
      const set = `${table} ${family === 'ipv6' ? 'networks6' : 'networks4'}`;
      const elements = networks.filter((network) => familyOf(network) === family);
      return [
        `flush set ${set}`,
        ...(elements.length > 0 ? [`add element ${set} { ${elements.join(', ')} }`] : []),
      ];
    }),
    '',
  ].join('\n');
}

/** Adding an element that is there leaves its timeout alone, and deleting one that is not is refused: so all three. */
export function aliveText(interfaceName: string, seconds: number): string {
  const set = `element inet ${tableName(interfaceName)} alive`;
  const renewal = seconds > 0 ? [`add ${set} { "${interfaceName}" timeout ${seconds}s }`] : [];
  return [
    `add ${set} { "${interfaceName}" timeout 1s }`,
    `delete ${set} { "${interfaceName}" }`,
    ...renewal,
    '',
  ].join('\n');
}

/** Removes the table whether or not it is there (the first line makes the second one valid). */
export function tableRemoval(interfaceName: string): string {
  const table = `inet ${tableName(interfaceName)}`;
  return `table ${table}\ndelete table ${table}\n`;
}
