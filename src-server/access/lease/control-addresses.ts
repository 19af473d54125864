import { NODATA, Resolver } from 'node:dns/promises';
import ipaddr from 'ipaddr.js';
import { MAX_CONTROL_ADDRESSES } from '../../../src-shared/gateway-limits.ts';
import { joinEndpoint } from '../../../src-shared/primitives.ts';
import { isReachable, type ServerConfig } from '../../config.ts';
import type { ServerContext } from '../../context.ts';

const REFRESH_MS = 300_000;
const HTTPS_PORT = 443;

/** What DNS says of a name, asked of the name servers alone; rejects as `node:dns` does. */
export interface NameServers {
  resolve4(name: string): Promise<string[]>;
  resolve6(name: string): Promise<string[]>;
}

export interface ControlAddressesOptions {
  config: Pick<ServerConfig, 'issuer' | 'publicAddresses'>;
  log: Pick<ServerContext['log'], 'warn'>;
  nameServers?: NameServers;
}

/**
 * Where clients reach this server, `address:port`, for the `control` of every lease: as configured, else the
 * issuer's own address, else what DNS says of its name. Never the hosts file, which on this machine may say something
 * of its own. Addresses that were found stay when DNS stops answering.
 */
export class ControlAddresses {
  readonly #options: ControlAddressesOptions;
  readonly #nameServers: NameServers;
  readonly #host: string;
  readonly #port: number;
  #addresses: readonly string[];
  /** By question: a family about which DNS is silent for once keeps what it said before. */
  readonly #answers = new Map<'A' | 'AAAA', readonly string[]>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ControlAddressesOptions) {
    this.#options = options;
    this.#nameServers = options.nameServers ?? new Resolver({ timeout: 2_000, tries: 1 });
    const { issuer, publicAddresses } = options.config;
    const { hostname, port } = new URL(issuer);
    this.#host = hostname.replace(/^\[|\]$/g, '');
    this.#port = port === '' ? HTTPS_PORT : Number(port);
    this.#addresses = publicAddresses ?? (ipaddr.isValid(this.#host) ? this.#usable([this.#host]) : []);
  }

  /** Empty while nothing is known: such a lease keeps no server outside its tunnel. */
  get current(): readonly string[] {
    return this.#addresses;
  }

  /** Others are to reach this server, and where is not known: what is held back would keep the way to it closed too. */
  get isUnknown(): boolean {
    const isElsewhere = ipaddr.isValid(this.#host) ? isReachable(this.#host) : this.#host !== 'localhost';
    return isElsewhere && this.#addresses.length === 0;
  }

  /** Asks DNS now and every five minutes, where that is the source. Resolves after the first answer. */
  async start(): Promise<void> {
    if (this.#options.config.publicAddresses !== undefined || ipaddr.isValid(this.#host)) return;
    this.#timer = setInterval(() => void this.#refresh(), REFRESH_MS);
    this.#timer.unref();
    await this.#refresh();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #refresh(): Promise<void> {
    const { log } = this.#options;
    const [a, aaaa] = await Promise.allSettled([
      this.#nameServers.resolve4(this.#host),
      this.#nameServers.resolve6(this.#host),
    ]);
    this.#note('A', a);
    this.#note('AAAA', aaaa);
    this.#addresses = this.#usable([...this.#answers.values()].flat());
    if (this.#addresses.length > 0) return;
    const why = a.status === 'rejected' ? String(a.reason) : 'no address that others can reach';
    log.warn(
      { host: this.#host, why },
      'DNS does not say where this server is: under a full tunnel clients may not hear of a disconnect. Set publicAddresses',
    );
  }

  /** That there is no record (any more) is an answer; that nobody answered is none. */
  #note(question: 'A' | 'AAAA', answer: PromiseSettledResult<string[]>): void {
    if (answer.status === 'fulfilled') this.#answers.set(question, answer.value);
    else if (answer.reason?.code === NODATA) this.#answers.delete(question);
  }

  #usable(addresses: readonly string[]): string[] {
    return [...new Set(addresses.map((address) => ipaddr.process(address).toString()))]
      .filter(isReachable)
      .map((address) => joinEndpoint(address, this.#port))
      .sort()
      .slice(0, MAX_CONTROL_ADDRESSES);
  }
}
