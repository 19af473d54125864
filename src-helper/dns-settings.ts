import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { LeaseDns } from '../src-shared/lease.ts';
import type { Names } from './platform.ts';
import type { TunnelStatus } from './tunnel.ts';

/** A computer without names is worth another try; what stands in the way is mostly gone by then. */
const RETRY_MS = 2_000;

/**
 * Follows what the newest lease wants with the system's resolver, beside the critical path: programs run for it,
 * and a connection is not to wait for them. One change at a time, and the last wish wins. Giving the system its own
 * name servers back is tried until it works.
 */
export class DnsSettings {
  readonly #names: Names;
  readonly #log: Logger;
  readonly #onChange: () => void;
  readonly #retryMs: number;
  #wanted: LeaseDns | null = null;
  #applied = keyOf(null);
  #status: TunnelStatus['dns'] = 'none';
  #working: Promise<void> | null = null;
  #retry: AbortController | null = null;

  constructor(names: Names, log: Logger, onChange: () => void, retryMs = RETRY_MS) {
    this.#names = names;
    this.#log = log;
    this.#onChange = onChange;
    this.#retryMs = retryMs;
  }

  /** Undefined while a change is under way. */
  get status(): TunnelStatus['dns'] {
    return this.#status;
  }

  /** Null, or no servers, gives the system's own back. Resolves when they are in force or have failed once. */
  use(dns: LeaseDns | null): Promise<void> {
    const wanted = dns && dns.servers.length > 0 ? dns : null;
    this.#wanted = wanted;
    if (this.#working === null && keyOf(wanted) === this.#applied) return Promise.resolve();
    this.#retry?.abort();
    this.#status = undefined;
    this.#working ??= this.#follow().finally(() => {
      this.#working = null;
      this.#onChange();
    });
    return this.#working;
  }

  async #follow(): Promise<void> {
    for (;;) {
      const wanted = this.#wanted;
      const status = await this.#apply(wanted);
      this.#applied = status === 'failed' ? '' : keyOf(wanted);
      if (wanted !== this.#wanted) continue;
      this.#status = status === 'failed' ? 'unmanaged' : status;
      if (status === 'failed' && wanted === null) this.#tryLater();
      return;
    }
  }

  #tryLater(): void {
    const waiting = new AbortController();
    this.#retry = waiting;
    const { signal } = waiting;
    sleep(this.#retryMs, undefined, { signal, ref: false }).then(
      () => this.use(null),
      // Another wish came.
      () => undefined,
    );
  }

  async #apply(wanted: LeaseDns | null): Promise<TunnelStatus['dns'] | 'failed'> {
    try {
      if (wanted) return await this.#names.set(wanted);
      await this.#names.unset();
      return 'none';
    } catch (error) {
      this.#log.error({ err: error, ...wanted }, 'the name servers could not be set');
      return 'failed';
    }
  }
}

const keyOf = (dns: LeaseDns | null): string => JSON.stringify(dns);
