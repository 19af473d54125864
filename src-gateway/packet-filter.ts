import type { Logger } from 'pino';
import { inTurn } from '../src-node/in-turn.ts';
import { listRules, listTable, runNft } from '../src-node/nft.ts';
import { alternatePortsText } from './alternate-ports.ts';
import type { GatewayConfig } from './config.ts';
import { FAMILIES, type Family, familyOf } from './family.ts';
import { aliveText, filterTable, networksText, ownForwardingOf, tableRemoval } from './filter-table.ts';
import { closeForwarding, needsForwarding, openForwarding } from './forwarding.ts';
import type { Refusals } from './passage-checks.ts';
import { listenersOn } from './port-listeners.ts';
import { tableName } from './table-name.ts';

type PassageSettings = Pick<
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

/** What the agent says about the way through this gateway. Changes are made one after the other; each rejects when refused. */
export interface Passage {
  /** The addresses that the server names, CIDR. One that this host refuses is no error: the others pass. */
  serve(addresses: readonly string[]): Promise<void>;
  /** Where members may go; undefined: the server names none, and the routes decide. */
  allow(networks: readonly string[] | undefined): Promise<void>;
  /** Open from now on for the time after which a lost server closes everything. */
  keepOpen(): Promise<void>;
  close(): Promise<void>;
  /** These UDP ports of this host, and no others, lead to the tunnel's own. It is as open as that one. */
  leadFrom(ports: readonly number[]): Promise<void>;
}

/** `nft flush ruleset`, with which many firewalls start anew, takes our table along: without it all would pass. */
const LOOK_EVERY_MS = 5_000;

/**
 * The table in the kernel, from before the first peer until `remove`. It is looked at every five seconds, whoever the
 * agent has for a server, and put back when another program has changed it or taken it away.
 */
export class PacketFilter implements Passage {
  readonly #settings: PassageSettings;
  readonly #log: Logger;
  #addresses: readonly string[];
  #networks: readonly string[] = [];
  #ports: readonly number[] = [];
  #refusedPorts: Refusals['ports'] = null;
  readonly #ownForwarding: Set<Family>;
  /** The table without its sets, as it is in force. */
  #table = '';
  /** The same as the kernel lists it. */
  #listed = '';
  /** By the monotonic clock, milliseconds. */
  #openUntil = 0;
  #lookTimer: NodeJS.Timeout | undefined;
  readonly #inTurn = inTurn();

  private constructor(settings: PassageSettings, ownForwarding: Set<Family>, log: Logger) {
    this.#settings = settings;
    this.#addresses = [settings.address];
    this.#ownForwarding = ownForwarding;
    this.#log = log;
  }

  /** Closed at first. Throws with what to do where this host does not allow it. */
  static async set(settings: PassageSettings, log: Logger): Promise<PacketFilter> {
    // A process that was killed has left its table, and with it what it had opened.
    const left = ownForwardingOf(await listTable(tableName(settings.interfaceName)));
    const filter = new PacketFilter(settings, left, log);
    try {
      await filter.#begin();
    } catch (error) {
      await filter
        .#takeAway()
        .catch((left: unknown) => log.error({ err: left }, 'the filter cannot be removed'));
      throw error;
    }
    return filter;
  }

  async #begin(): Promise<void> {
    const { interfaceName, address, nat } = this.#settings;
    const family = familyOf(address);
    await this.#closeForwarding(FAMILIES.filter((each) => !nat || each !== family));
    const needsOpening = nat && (await needsForwarding(family));
    if (needsOpening) this.#ownForwarding.add(family);
    this.#table = filterTable(this.#settings, this.#state);
    const empty = [networksText(interfaceName, []), alternatePortsText(this.#settings, [])].join('');
    const text = `${this.#table}${aliveText(interfaceName, 0)}${empty}`;
    // A table of another version may have parts of the same name and another kind.
    await runNft(text).catch(() => runNft(`${tableRemoval(interfaceName)}${text}`));
    if (needsOpening) await openForwarding(family);
    this.#listed = await listRules(tableName(interfaceName));
    this.#lookTimer = setInterval(() => void this.#look(), LOOK_EVERY_MS);
  }

  /** The tunnel's, CIDR. A family that this host does not forward is no error: the other one passes. */
  serve(addresses: readonly string[]): Promise<void> {
    return this.#inTurn(async () => {
      this.#addresses = addresses;
      const families = this.#settings.nat ? addresses.map(familyOf) : [];
      for (const family of new Set(families))
        await this.#openForwarding(family).catch((error: unknown) =>
          this.#log.error({ err: error }, 'a family of the tunnel leads nowhere'),
        );
      const table = filterTable(this.#settings, this.#state);
      if (table !== this.#table) await this.#fill(table);
      const others = FAMILIES.filter(
        (family) => this.#ownForwarding.has(family) && !families.includes(family),
      );
      if (others.length === 0) return;
      await this.#closeForwarding(others);
      await this.#fill(filterTable(this.#settings, this.#state));
    });
  }

  allow(networks: readonly string[] | undefined): Promise<void> {
    return this.#inTurn(async () => {
      this.#networks = networks ?? EVERYTHING;
      await this.#run(networksText(this.#settings.interfaceName, this.#networks));
    });
  }

  keepOpen(): Promise<void> {
    return this.#renew(this.#settings.failClosedAfterSeconds);
  }

  close(): Promise<void> {
    return this.#renew(0);
  }

  /** The log names the programs that get nothing on these ports any more. */
  leadFrom(ports: readonly number[]): Promise<void> {
    return this.#inTurn(async () => {
      this.#refusedPorts = null;
      if (ports.join() === this.#ports.join()) return;
      try {
        await this.#run(alternatePortsText(this.#settings, ports));
      } catch (error) {
        this.#refusedPorts = { ports, why: error instanceof Error ? error.message : String(error) };
        throw error;
      }
      this.#ports = ports;
      this.#listed = await listRules(tableName(this.#settings.interfaceName));
      this.#log.info({ ports }, 'UDP ports beside the own one lead to the tunnel');
      await this.#nameListeners(ports);
    });
  }

  /** The ports that should lead to the tunnel, and do not. */
  get refusedPorts(): Refusals['ports'] {
    return this.#refusedPorts;
  }

  async #nameListeners(ports: readonly number[]): Promise<void> {
    try {
      for (const { detail, remedy } of await listenersOn(ports)) this.#log.warn({ remedy }, detail);
    } catch (error) {
      this.#log.warn({ err: error }, 'what listens on these ports cannot be read');
    }
  }

  remove(): Promise<void> {
    clearInterval(this.#lookTimer);
    return this.#inTurn(() => this.#takeAway());
  }

  async #takeAway(): Promise<void> {
    await this.#closeForwarding(FAMILIES);
    await runNft(tableRemoval(this.#settings.interfaceName));
  }

  get #state() {
    return { addresses: this.#addresses, ownForwarding: this.#ownForwarding };
  }

  #renew(seconds: number): Promise<void> {
    return this.#inTurn(() => {
      this.#openUntil = performance.now() + seconds * 1000;
      return this.#run(aliveText(this.#settings.interfaceName, seconds));
    });
  }

  async #fill(table: string): Promise<void> {
    this.#table = table;
    await this.#run(table);
    this.#listed = await listRules(tableName(this.#settings.interfaceName));
  }

  /** A change of the table, which may have gone meanwhile. */
  async #run(change: string): Promise<void> {
    try {
      await runNft(change);
    } catch (error) {
      if ((await listRules(tableName(this.#settings.interfaceName))) === this.#listed) throw error;
      await this.#putBack();
      await runNft(change);
    }
  }

  #look(): Promise<void> {
    return this.#inTurn(async () => {
      if ((await listRules(tableName(this.#settings.interfaceName))) !== this.#listed) await this.#putBack();
    }).catch((error: unknown) => this.#log.error({ err: error }, 'the filter cannot be put back'));
  }

  /** As open as it was, for the rest of its time. */
  async #putBack(): Promise<void> {
    const { interfaceName } = this.#settings;
    const left = Math.max(0, Math.floor((this.#openUntil - performance.now()) / 1000));
    const sets = [
      networksText(interfaceName, this.#networks),
      alternatePortsText(this.#settings, this.#ports),
    ];
    const text = [this.#table, ...sets, aliveText(interfaceName, left)].join('');
    await runNft(text).catch(() => runNft(`${tableRemoval(interfaceName)}${text}`));
    this.#listed = await listRules(tableName(interfaceName));
    this.#log.warn('another program had changed or removed the filter: it is as it was again');
  }

  /** The mark and the rules against passing others' packets on come first: whoever kills the agent leaves both or neither. */
  async #openForwarding(family: Family): Promise<void> {
    if (!(await needsForwarding(family))) return;
    this.#ownForwarding.add(family);
    try {
      await this.#fill(filterTable(this.#settings, this.#state));
      await openForwarding(family);
    } catch (error) {
      this.#ownForwarding.delete(family);
      throw error;
    }
  }

  /** Of these families, where it was we who opened it. */
  async #closeForwarding(families: readonly Family[]): Promise<void> {
    for (const family of families) {
      if (!this.#ownForwarding.delete(family)) continue;
      await closeForwarding(family).catch((error: unknown) =>
        this.#log.error({ err: error, family }, 'this host goes on passing packets on'),
      );
    }
  }
}
