import { FAMILIES, familyOf } from './family.ts';
import { dropsAll } from './forward-verdict.ts';
import type { Packet } from './rule-match.ts';
import type { Table } from './ruleset.ts';

export interface ForeignDrop {
  /** As `nft` names it, e.g. `ip filter`. */
  table: string;
  chain: string;
  /** Whose chains are beside it: there rules are added in another way. */
  program: 'docker' | 'ufw' | null;
}

export interface Way {
  interfaceName: string;
  /** Where members leave; null: the routes say. */
  egressInterface: string | null;
  /** The tunnel's, CIDR: what another firewall does in other families is no matter of ours. */
  addresses: readonly string[];
}

/**
 * The chains of others that drop all that members send, or all answers to it: Docker's, ufw's and firewalld's, as they
 * come. An accept in one table does not lift a drop in another.
 */
export function foreignForwardDrops(tables: readonly Table[], way: Way, ownTable: string): ForeignDrop[] {
  const packets = packetsOf(way);
  return tables
    .filter(({ name }) => name !== `inet ${ownTable}`)
    .flatMap((table) =>
      [...table.chains.values()]
        .filter(({ hook }) => hook === 'forward')
        .filter((chain) =>
          packets.some((packet) => table.families.includes(packet.family) && dropsAll(table, chain, packet)),
        )
        .map((chain) => ({ table: table.name, chain: chain.name, program: programOf(table) })),
    );
}

/** With both, Docker's chain comes before ufw's, and what it accepts is past them. */
function programOf({ chains }: Table): ForeignDrop['program'] {
  if (chains.has(DOCKER_CHAIN)) return 'docker';
  return [...chains.keys()].some((name) => /^ufw6?-/.test(name)) ? 'ufw' : null;
}

/** In each family of the tunnel, the first packet of a connection of a member's and the answer to it. */
function packetsOf({ interfaceName, egressInterface, addresses }: Way): Packet[] {
  return FAMILIES.flatMap((family): Packet[] => {
    const members = addresses.find((address) => familyOf(address) === family);
    if (members === undefined) return [];
    const tunnel = { family, interfaceName };
    return [
      {
        ...tunnel,
        isAnswer: false,
        iifname: interfaceName,
        oifname: egressInterface,
        saddr: members,
        daddr: null,
      },
      {
        ...tunnel,
        isAnswer: true,
        iifname: egressInterface,
        oifname: interfaceName,
        saddr: null,
        daddr: members,
      },
    ];
  });
}

/** One line for a shell, so that a chain lets the tunnel through, in the words of whoever made it. */
export function remedyFor({ table, chain, program }: ForeignDrop, interfaceName: string): string {
  const name = interfaceName;
  const both = (command: (direction: 'in' | 'out') => string) => `${command('in')} && ${command('out')}`;
  const [family, of] = table.split(' ');
  if (of === 'firewalld')
    return `firewall-cmd --permanent --zone=trusted --add-interface=${name} && firewall-cmd --reload`;
  if (program === 'ufw') return both((direction) => `ufw route allow ${direction} on ${name}`);
  const letter = { in: 'i', out: 'o' } as const;
  const insert = (iptables: string) => {
    const where = program === 'docker' ? DOCKER_CHAIN : chain;
    return both((direction) => `${iptables} -I ${where} -${letter[direction]} ${name} -j ACCEPT`);
  };
  if (family === LEGACY) return insert(of === 'ip' ? 'iptables-legacy' : 'ip6tables-legacy');
  if (of === 'filter' && family !== 'inet') return insert(family === 'ip' ? 'iptables' : 'ip6tables');
  return both(
    (direction) =>
      `nft insert rule ${table} ${chain} ${direction === 'in' ? 'iifname' : 'oifname'} ${name} accept`,
  );
}

/** Docker leaves it to the host's administrator, and asks it first. */
const DOCKER_CHAIN = 'DOCKER-USER';

/** Begins the names of the old iptables' tables, which `nft` does not show. */
export const LEGACY = 'iptables-legacy';
