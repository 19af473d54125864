import type { Logger } from 'pino';
import type { Names } from './platform.ts';
import type { TunnelStatus } from './tunnel.ts';

/**
 * Follows what the newest lease wants with the system's resolver, beside the critical path: programs run for it,
 * and a connection is not to wait for them. One change at a time, and the last wish wins.
 */
export class DnsSettings {
  readonly #names: Names;
  readonly #log: Logger;
  readonly #onChange: () => void;
  #wanted: readonly string[] = [];
  #applied = '';
  #status: TunnelStatus['dns'] = 'none';
  #working: Promise<void> | null = null;

  constructor(names: Names, log: Logger, onChange: () => void) {
    this.#names = names;
    this.#log = log;
    this.#onChange = onChange;
  }

  /** Undefined while a change is under way. */
  get status(): TunnelStatus['dns'] {
    return this.#status;
  }

  /** Name servers by address; none gives the system's own back. Resolves when they are in force or have failed. */
  use(servers: readonly string[]): Promise<void> {
    this.#wanted = servers;
    if (this.#working === null && servers.join(' ') === this.#applied) return Promise.resolve();
    this.#status = undefined;
    this.#working ??= this.#follow().finally(() => {
      this.#working = null;
      this.#onChange();
    });
    return this.#working;
  }

  async #follow(): Promise<void> {
    for (;;) {
      const servers = this.#wanted;
      const status = await this.#apply(servers);
      this.#applied = servers.join(' ');
      if (servers === this.#wanted) {
        this.#status = status;
        return;
      }
    }
  }

  async #apply(servers: readonly string[]): Promise<TunnelStatus['dns']> {
    try {
      if (servers.length > 0) return await this.#names.set(servers);
      await this.#names.unset();
      return 'none';
    } catch (error) {
      this.#log.error({ err: error, servers }, 'the name servers could not be set');
      return 'unmanaged';
    }
  }
}
