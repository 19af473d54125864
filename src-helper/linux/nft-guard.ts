import { rm } from 'node:fs/promises';
import type { Logger } from 'pino';
import { writeFileAtomic } from '../../src-node/atomic-file.ts';
import { hasNft, listTable, nftPath, runNft } from '../../src-node/nft.ts';
import { type HeldProgram, holdProgram } from '../../src-node/run-program.ts';
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
/** What is let out beside a tunnel closes by itself so long after it was let out last, should all else fail. */
const OPEN_SECONDS = 10;

export interface NftGuardOptions {
  netlink: NetlinkSocket;
  interfaceName: string;
  /** The table as the computer loads it when it starts. */
  bootFile: string;
  log: Logger;
}

/** Holds traffic back with nftables: a table that stands without this process, and is loaded when the computer starts. */
export class NftGuard implements GuardRules {
  readonly #options: NftGuardOptions;
  #onStale: () => void = () => undefined;
  #demand: GuardDemand | null = null;
  /** What is in force; empty when nothing is, null when nobody knows. */
  #table: string | null = null;
  #elements = '';
  /** What the next start loads. */
  #saved: string | null = null;
  #closer: HeldProgram | null = null;
  #looks = 0;
  #timer: NodeJS.Timeout | undefined;
  #attachments = 0;
  #route: string | null = null;

  constructor(options: NftGuardOptions) {
    this.#options = options;
  }

  get isAvailable(): boolean {
    return hasNft();
  }

  onStale(listener: () => void): void {
    this.#onStale = listener;
  }

  async apply(demand: GuardDemand | null): Promise<void> {
    this.#demand = demand;
    clearInterval(this.#timer);
    if (demand === null) return this.#remove();
    this.#timer = setInterval(() => void this.#look(), LOOK_MS);
    const table = this.#tableText(demand);
    const elements = this.#elementsText(demand);
    if (demand.mode === 'always' && demand.isTunnelUp) this.#closer ??= this.#holdCloser();
    else this.#letCloserGo();
    // Not what is in force, but what the next start is to load: it is written even if this one fails.
    const unsaved = await this.#save(table);
    if (table !== this.#table) {
      this.#table = null;
      const text = `${table}${elements}`;
      // One of another version may have sets of the same name and another kind.
      await runNft(text).catch(() => runNft(`${REMOVE_GUARD}${text}`));
      this.#table = table;
    } else if (elements !== this.#elements) await runNft(elements);
    this.#elements = elements;
    if (unsaved) throw new Error(`it holds now, but not after the next start: ${unsaved.message}`);
  }

  attachment(): string | null {
    this.#noteAttachment(defaultRouteOf(listedRoutes(this.#options.netlink)));
    return this.#route === null ? null : `${this.#attachments} ${this.#route}`;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#letCloserGo();
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

  #elementsText({ mode, openForMs, isTunnelUp }: GuardDemand): string {
    return elementsText({
      portalSeconds: openForMs / 1000,
      openSeconds: mode === 'always' && isTunnelUp ? OPEN_SECONDS : 0,
    });
  }

  #noteAttachment(route: string | null): void {
    if (route === this.#route) return;
    this.#route = route;
    this.#attachments++;
  }

  async #save(table: string): Promise<Error | null> {
    if (table === this.#saved) return null;
    try {
      await writeFileAtomic(this.#options.bootFile, table);
      this.#saved = table;
      return null;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  /** Closes at once what is open beside the tunnel when this process dies, however it does. */
  #holdCloser(): HeldProgram {
    const script = `trap '' HUP INT TERM; read -r _; exec ${nftPath()} flush set ${GUARD_TABLE} open`;
    const held = holdProgram({ path: '/bin/sh', args: ['-c', script] });
    void held.ended.then(() => {
      if (this.#closer === held) this.#closer = null;
    });
    return held;
  }

  #letCloserGo(): void {
    this.#closer?.release();
    this.#closer = null;
  }

  async #remove(): Promise<void> {
    this.#letCloserGo();
    // Every change of a tunnel comes by here, most often with nothing to remove: it must not wait for a program.
    if (this.#table === '') return;
    this.#table = null;
    // Without nft there is nothing to remove.
    if (hasNft()) await runNft(REMOVE_GUARD);
    await rm(this.#options.bootFile, { force: true });
    this.#saved = null;
    this.#table = '';
  }

  async #look(): Promise<void> {
    const demand = this.#demand;
    if (demand === null) return;
    try {
      this.#looks++;
      const isChecked = this.#looks % LISTS_PER_CHECK === 0;
      if (isChecked && !(await this.#isThere())) {
        this.#options.log.warn('the rules that hold traffic back were removed by another program');
        this.#table = null;
      }
      if (demand !== this.#demand) return;
      const wasAttached = this.#attachments;
      const table = this.#tableText(demand);
      if (demand.mode === 'always' && demand.isTunnelUp && this.#looks % 2 === 0) this.#elements = '';
      const isInForce = table === this.#table && this.#elements !== '';
      if (!isInForce || table !== this.#saved || wasAttached !== this.#attachments) this.#onStale();
    } catch (error) {
      this.#options.log.error({ err: error }, 'the networks of this computer could not be read');
    }
  }

  async #isThere(): Promise<boolean> {
    const table = await listTable('postern_guard');
    return (table.match(/jump judge/g) ?? []).length === 2;
  }
}
