import type { Logger } from 'pino';
import { runIp } from '../src-node/wireguard/network-interface.ts';
import { prefixOf } from './family.ts';
import { hasAddress, listLinks } from './links.ts';

/** The addresses on the tunnel's interface: the configuration's own, which always stays, and what the server names besides. */
export class TunnelAddresses {
  readonly #interfaceName: string;
  readonly #own: string;
  readonly #log: Logger;
  #named: string[] = [];
  /** Put there for the server, and not taken away since. */
  readonly #put = new Set<string>();
  readonly #failures = new Map<string, string>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(interfaceName: string, own: string, log: Logger) {
    this.#interfaceName = interfaceName;
    this.#own = own;
    this.#log = log;
  }

  /** CIDR, the configuration's first: whether or not this host has them all. */
  get all(): string[] {
    return [this.#own, ...this.#named];
  }

  /** Why the host refuses some of them. */
  get failures(): ReadonlyMap<string, string> {
    return this.#failures;
  }

  /** From now on these, CIDR. What is refused is in `failures`, not thrown: the others pass all the same. */
  name(addresses: readonly string[]): Promise<void> {
    const own = prefixOf(this.#own).address;
    this.#named = addresses.filter((address) => prefixOf(address).address !== own);
    return this.mend();
  }

  /** Puts what is missing, whoever took it away, and tries again what was refused. */
  mend(): Promise<void> {
    const done = this.#turn.then(() => this.#mend());
    this.#turn = done;
    return done;
  }

  async #mend(): Promise<void> {
    const wanted = this.all;
    try {
      const link = (await listLinks()).find(({ name }) => name === this.#interfaceName);
      // It is being made anew, with the configuration's own; the server's next sync brings the others.
      if (!link) return;
      for (const address of this.#put) {
        if (wanted.includes(address)) continue;
        if (hasAddress(link, address)) await this.#ip('del', address);
        this.#put.delete(address);
        this.#failures.delete(address);
      }
      for (const address of wanted) {
        if (hasAddress(link, address)) this.#failures.delete(address);
        else await this.#add(address);
      }
    } catch (error) {
      this.#log.error({ err: error }, "the tunnel's addresses are not as they should be");
    }
    for (const address of this.#failures.keys())
      if (!wanted.includes(address)) this.#failures.delete(address);
  }

  async #add(address: string): Promise<void> {
    try {
      await this.#ip('replace', address);
      if (address !== this.#own) this.#put.add(address);
      this.#failures.delete(address);
      this.#log.info({ address }, 'the tunnel has this address');
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (this.#failures.get(address) !== why) this.#log.error({ err: error }, 'an address was refused');
      this.#failures.set(address, why);
    }
  }

  async #ip(action: 'replace' | 'del', address: string): Promise<void> {
    const result = await runIp(['address', action, address, 'dev', this.#interfaceName]);
    if (!result.ok) throw new Error(result.stderr.trim() || result.message);
  }
}
