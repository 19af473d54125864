import type { Logger } from 'pino';
import { listTable, runNft } from '../src-node/nft.ts';
import { alternatePortsText } from './alternate-ports.ts';
import type { GatewayConfig } from './config.ts';
import { openForwarding } from './forwarding.ts';
import { listenersOn } from './port-listeners.ts';
import { tableName } from './table-name.ts';

/**
 * What passes between tunnel and gateway, in one nftables table of our own. Members reach the networks that the server
 * named, echo and the services that the gateway lists, and nothing else: no other port of this host, no other member,
 * no link-local address (cloud metadata). All of it only while the set `alive` holds the interface, whose timeout the
 * agent renews: a gateway whose agent hangs or is gone closes by itself.
 */
export type FilterSettings = Pick<
  GatewayConfig,
  | 'interfaceName'
  | 'address'
  | 'nat'
  | 'egressInterface'
  | 'services'
  | 'forwardOthers'
  | 'memberToMember'
  | 'failClosedAfterSeconds'
  | 'listenPort'
>;

/** What a server that names no networks leaves to the routes, as before there was a filter. */
const EVERYTHING = ['0.0.0.0/0', '::/0'];
const REJECT = 'reject with icmpx type admin-prohibited';

/** An empty chain, which says to the next start that it was we who turned forwarding on. */
const FORWARDING_IS_OURS = 'forwarding_is_ours';

/** Whether it is the agent, maybe one that was killed since, that turned forwarding on. */
export async function isForwardingOurs(interfaceName: string): Promise<boolean> {
  return (await listTable(tableName(interfaceName))).includes(FORWARDING_IS_OURS);
}

/**
 * Text for `nft -f -`, which takes it as one transaction: the table is made, emptied and filled at once. Closed at
 * first. `isForwardingOurs`: the agent has turned forwarding on, and takes it back at the end.
 */
export function filterTable(settings: FilterSettings, isForwardingOurs: boolean): string {
  const { interfaceName, services, memberToMember, egressInterface, address } = settings;
  const table = `inet ${tableName(interfaceName)}`;
  const family = address.includes(':') ? 'ip6' : 'ip';
  return [
    `table ${table}`,
    `delete table ${table}`,
    `table ${table} {`,
    '  set alive { type ifname; flags timeout; }',
    '  set networks4 { type ipv4_addr; flags interval; auto-merge; }',
    '  set networks6 { type ipv6_addr; flags interval; auto-merge; }',
    '  chain forward {',
    '    type filter hook forward priority filter; policy accept;',
    `    iifname "${interfaceName}" goto from_members`,
    `    oifname "${interfaceName}" oifname != @alive drop`,
    ...othersRules(settings, isForwardingOurs),
    '  }',
    ...(isForwardingOurs ? [`  chain ${FORWARDING_IS_OURS} { }`] : []),
    '  chain from_members {',
    '    iifname != @alive drop',
    // A port of this host that another program passes on, as Docker's published ones, is a port of this host.
    `    ct direction original ct status dnat ${REJECT}`,
    `    oifname "${interfaceName}" ${memberToMember ? 'accept' : REJECT}`,
    `    ip daddr 169.254.0.0/16 ${REJECT}`,
    `    ip6 daddr { fe80::/10, fd00:ec2::254 } ${REJECT}`,
    '    ip daddr @networks4 accept',
    '    ip6 daddr @networks6 accept',
    `    ${REJECT}`,
    '  }',
    '  chain input {',
    '    type filter hook input priority filter; policy accept;',
    `    iifname "${interfaceName}" goto to_gateway`,
    '  }',
    '  chain to_gateway {',
    '    iifname != @alive drop',
    '    ct state established,related accept',
    '    icmp type echo-request accept',
    '    icmpv6 type echo-request accept',
    ...services.map((service) => `    ${service.replace('/', ' dport ')} accept`),
    `    ${REJECT}`,
    '  }',
    ...(settings.nat && egressInterface !== undefined
      ? [
          '  chain postrouting {',
          '    type nat hook postrouting priority srcnat; policy accept;',
          `    ${family} saddr ${address} oifname "${egressInterface}" masquerade`,
          '  }',
        ]
      : []),
    '}',
    '',
  ].join('\n');
}

/**
 * Forwarding makes a router of a host, for everybody who reaches its address. Where it is on for the tunnel's sake
 * alone, what is neither from nor for the tunnel is dropped, but for what bridges have (containers, virtual machines),
 * now or later. A host that forwarded before us goes on with it.
 */
function othersRules(
  { interfaceName, address, forwardOthers }: FilterSettings,
  isForwardingOurs: boolean,
): string[] {
  const drop = `oifname != "${interfaceName}" drop`;
  if (forwardOthers === false) return [`    ${drop}`];
  if (forwardOthers === true || !isForwardingOurs) return [];
  return [
    '    meta iifkind "bridge" accept',
    '    meta oifkind "bridge" accept',
    `    meta nfproto ${address.includes(':') ? 'ipv6' : 'ipv4'} ${drop}`,
  ];
}

/** The allowed destinations, all at once. */
export function networksText(interfaceName: string, networks: readonly string[]): string {
  const table = `inet ${tableName(interfaceName)}`;
  const of = (isV6: boolean): string[] => networks.filter((network) => network.includes(':') === isV6);
  return [
    ...(['networks4', 'networks6'] as const).flatMap((set) => {
      const elements = of(set === 'networks6');
      return [
        `flush set ${table} ${set}`,
        ...(elements.length > 0 ? [`add element ${table} ${set} { ${elements.join(', ')} }`] : []),
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

/** What the agent says about the way through this gateway. Changes are made one after the other; each rejects when refused. */
export interface Passage {
  /** Where members may go; undefined: the server names none, and the routes decide. */
  allow(networks: readonly string[] | undefined): Promise<void>;
  /** Open from now on for the time after which a lost server closes everything. */
  keepOpen(): Promise<void>;
  close(): Promise<void>;
  /** These UDP ports of this host, and no others, lead to the tunnel's own. It is as open as that one. */
  leadFrom(ports: readonly number[]): Promise<void>;
}

/** The table in the kernel, from before the first peer until `remove`. */
export class PacketFilter implements Passage {
  readonly #settings: FilterSettings;
  readonly #closeForwarding: () => Promise<void>;
  readonly #log: Logger;
  #ports = '';
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(settings: FilterSettings, closeForwarding: () => Promise<void>, log: Logger) {
    this.#settings = settings;
    this.#closeForwarding = closeForwarding;
    this.#log = log;
  }

  /** Throws with what to do where this host does not allow it. */
  static async set(settings: FilterSettings, log: Logger): Promise<PacketFilter> {
    // A process that was killed has left its table, and with it what it had opened.
    const isLeftOpen = await isForwardingOurs(settings.interfaceName);
    const closeForwarding = settings.nat ? await openForwarding(settings.address, isLeftOpen) : null;
    const filter = new PacketFilter(settings, closeForwarding ?? (async () => undefined), log);
    try {
      await filter.#run(filterTable(settings, closeForwarding !== null));
    } catch (error) {
      await filter.#closeForwarding();
      throw error;
    }
    return filter;
  }

  allow(networks: readonly string[] | undefined): Promise<void> {
    return this.#run(networksText(this.#settings.interfaceName, networks ?? EVERYTHING));
  }

  keepOpen(): Promise<void> {
    return this.#run(aliveText(this.#settings.interfaceName, this.#settings.failClosedAfterSeconds));
  }

  close(): Promise<void> {
    return this.#run(aliveText(this.#settings.interfaceName, 0));
  }

  /** The log names the programs that get nothing on these ports any more. */
  async leadFrom(ports: readonly number[]): Promise<void> {
    const wanted = ports.join();
    if (wanted === this.#ports) return;
    await this.#run(alternatePortsText(this.#settings, ports));
    this.#ports = wanted;
    this.#log.info({ ports }, 'UDP ports beside the own one lead to the tunnel');
    await this.#nameListeners(ports);
  }

  async #nameListeners(ports: readonly number[]): Promise<void> {
    try {
      for (const { detail, remedy } of await listenersOn(ports)) this.#log.warn({ remedy }, detail);
    } catch (error) {
      this.#log.warn({ err: error }, 'what listens on these ports cannot be read');
    }
  }

  async remove(): Promise<void> {
    await this.#run(tableRemoval(this.#settings.interfaceName));
    await this.#closeForwarding();
  }

  #run(script: string): Promise<void> {
    const done = this.#turn.then(() => runNft(script));
    this.#turn = done.catch(() => undefined);
    return done;
  }
}
