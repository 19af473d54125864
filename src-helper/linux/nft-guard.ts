import { rm } from 'node:fs/promises';
import type { Logger } from 'pino';
import { writeFileAtomic } from '../../src-node/atomic-file.ts';
import { findProgram, type ProgramRequest, type ProgramResult } from '../../src-node/run-program.ts';
import type { GuardDemand } from '../guard/demand.ts';
import type { GuardRules } from '../platform.ts';
import { elementsText, GUARD_TABLE, guardTable, REMOVE_GUARD } from './guard-table.ts';
import { defaultRouteOf, localNetworks } from './local-networks.ts';
import { listLinks, parseListedLink, parseNetwork } from './netlink-message.ts';
import type { NetlinkSocket } from './netlink-socket.ts';
import { networkText } from './network-plan.ts';
import { listedRoutes } from './tunnel-network.ts';

/** How often the networks of the computer are looked at while something is held back. */
const LOOK_MS = 2_000;
/** How often it is asked whether the table is still there: a firewall that starts anew empties everything. */
const LISTS_PER_CHECK = 5;
/** What is let out beside a tunnel closes by itself so long after this process was last heard of. */
const OPEN_SECONDS = 10;

export interface NftGuardOptions {
  netlink: NetlinkSocket;
  interfaceName: string;
  /** The table as the computer loads it when it starts. */
  bootFile: string;
  run: (request: ProgramRequest) => Promise<ProgramResult>;
  /** Milliseconds since 1970. */
  now: () => number;
  log: Logger;
}

/** Holds traffic back with nftables: a table that stands without this process, and is loaded when the computer starts. */
export class NftGuard implements GuardRules {
  readonly #options: NftGuardOptions;
  #onStale: () => void = () => undefined;
  #demand: GuardDemand | null = null;
  /** What is in force; empty when nothing is, or nobody knows. */
  #table = '';
  #elements = '';
  #looks = 0;
  #timer: NodeJS.Timeout | undefined;
  #attachments = 0;
  #route: string | null = null;

  constructor(options: NftGuardOptions) {
    this.#options = options;
  }

  onStale(listener: () => void): void {
    this.#onStale = listener;
  }

  async apply(demand: GuardDemand | null): Promise<void> {
    this.#demand = demand;
    clearInterval(this.#timer);
    if (demand === null) return this.#remove();
    this.#timer = setInterval(() => void this.#look(), LOOK_MS);
    const { bootFile } = this.#options;
    const table = this.#tableText(demand);
    const elements = this.#elementsText(demand);
    if (table === this.#table) {
      if (elements !== this.#elements) await this.#load(elements);
      this.#elements = elements;
      return;
    }
    // The newer one is what the next start is to load, even if this one fails.
    const saving = await writeFileAtomic(bootFile, table).then(
      () => null,
      (error: Error) => error,
    );
    this.#table = '';
    await this.#load(`${table}${elements}`);
    this.#table = table;
    this.#elements = elements;
    if (saving) throw new Error(`held now, but not after the next start: ${saving.message}`);
  }

  attachment(): string | null {
    this.#noteAttachment(defaultRouteOf(listedRoutes(this.#options.netlink)));
    return this.#route === null ? null : `${this.#attachments} ${this.#route}`;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #tableText(demand: GuardDemand): string {
    const { netlink, interfaceName } = this.#options;
    const routes = listedRoutes(netlink);
    this.#noteAttachment(defaultRouteOf(routes));
    const networks = demand.networks.map((network) => networkText(parseNetwork(network, true)));
    const links = netlink.list(listLinks()).map(parseListedLink);
    return guardTable(
      { ...demand, networks: [...new Set(networks)] },
      localNetworks(routes, links),
      interfaceName,
    );
  }

  #elementsText({ mode, openUntil, isTunnelUp }: GuardDemand): string {
    return elementsText({
      portalSeconds: openUntil === null ? 0 : (openUntil - this.#options.now()) / 1000,
      openSeconds: mode === 'always' && isTunnelUp ? OPEN_SECONDS : 0,
    });
  }

  #noteAttachment(route: string | null): void {
    if (route === this.#route) return;
    this.#route = route;
    this.#attachments++;
  }

  async #remove(): Promise<void> {
    // Without nft there is nothing to remove.
    if (findProgram('nft') !== null) await this.#load(REMOVE_GUARD);
    this.#table = '';
    await rm(this.#options.bootFile, { force: true });
  }

  async #look(): Promise<void> {
    const demand = this.#demand;
    if (demand === null) return;
    try {
      this.#looks++;
      const isChecked = this.#looks % LISTS_PER_CHECK === 0;
      if (isChecked && !(await this.#isThere())) {
        this.#options.log.warn('the rules that hold traffic back were removed by another program');
        this.#table = '';
      }
      if (demand !== this.#demand) return;
      if (demand.mode === 'always' && demand.isTunnelUp && this.#looks % 2 === 0) this.#elements = '';
      if (this.#tableText(demand) !== this.#table || this.#elements === '') this.#onStale();
    } catch (error) {
      this.#options.log.error({ err: error }, 'the networks of this computer could not be read');
    }
  }

  async #isThere(): Promise<boolean> {
    const result = await this.#options.run({
      path: this.#nft(),
      args: ['list', 'table', ...GUARD_TABLE.split(' ')],
    });
    return result.ok && (result.stdout.match(/jump judge/g) ?? []).length === 2;
  }

  async #load(text: string): Promise<void> {
    const result = await this.#options.run({ path: this.#nft(), args: ['-f', '-'], stdin: text });
    if (!result.ok) throw new Error(result.message);
  }

  #nft(): string {
    const path = findProgram('nft');
    if (path === null) throw new Error('the program "nft" is missing: install the package nftables');
    return path;
  }
}
