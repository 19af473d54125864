import type { Logger } from 'pino';
import packageJson from '../package.json' with { type: 'json' };
import { type HelperStatus, helperFeature } from '../src-shared/helper-rpc.ts';
import type { LeaseClaims } from '../src-shared/lease.ts';
import { fail, ok, type Result } from '../src-shared/problem.ts';
import type { LeaseHistory } from './lease-history.ts';
import type { LeaseVerifier } from './lease-verifier.ts';
import type { HelperCall } from './rpc-call.ts';
import type { Tunnel } from './tunnel.ts';

const ABOUT = { version: packageJson.version, features: helperFeature.options };

/** One client connection, by identity. */
export interface Caller {
  readonly isClosed: boolean;
}

export interface ControllerOptions {
  tunnel: Tunnel;
  verifier: LeaseVerifier;
  history: LeaseHistory;
  log: Logger;
}

/**
 * The calls and the one-controller rule: who brings the tunnel up controls it until it is down, and takes it
 * along when the connection closes. Everyone who may call may ask for the status.
 */
export class Controller {
  readonly #options: ControllerOptions;
  #owner: Caller | null = null;
  #upsUnderWay = 0;
  /** The newest lease that made a tunnel. */
  #lease: LeaseClaims | null = null;

  constructor(options: ControllerOptions) {
    this.#options = options;
    options.tunnel.onChange(({ phase }) => {
      if (phase === 'down' && this.#upsUnderWay === 0) this.#owner = null;
    });
  }

  status(): HelperStatus {
    return { ...this.#options.tunnel.status(), lockdown: 'off', ...ABOUT };
  }

  onChange(listener: (status: HelperStatus) => void): void {
    this.#options.tunnel.onChange(() => listener(this.status()));
  }

  /** Runs one call. Calls of one connection come one after another. */
  async handle(caller: Caller, call: HelperCall): Promise<Result<unknown>> {
    if (call.method === 'status') return ok(this.status());
    if (this.#owner !== null && this.#owner !== caller) return fail('controller-busy');
    switch (call.method) {
      case 'up':
        return this.#up(caller, call.params.lease, call.params.privateKey);
      case 'down':
        return this.#down(caller);
      case 'refresh':
        await this.#options.tunnel.refresh();
        return ok(this.status());
      case 'lockdown':
        return call.params.mode === 'off'
          ? ok(this.status())
          : fail('not-supported', 'This version cannot hold traffic back yet.');
    }
  }

  /** The tunnel goes with the connection that controls it. */
  async closed(caller: Caller): Promise<void> {
    if (this.#owner !== caller) return;
    this.#options.log.info('the controlling client is gone; taking the tunnel down');
    await this.#options.tunnel.down();
    if (this.#owner === caller) this.#owner = null;
  }

  async #up(caller: Caller, lease: string, privateKey: string): Promise<Result<unknown>> {
    const { tunnel, verifier, log } = this.#options;
    if (caller.isClosed) return fail('cancelled');
    this.#owner = caller;
    this.#upsUnderWay++;
    try {
      const accepted = verifier.verify(lease, privateKey);
      if (!accepted.ok) {
        log.warn({ code: accepted.problem.code, detail: accepted.problem.detail }, 'lease refused');
        return accepted;
      }
      const result = await tunnel.up(accepted.value);
      if (!result.ok) return result;
      this.#lease = accepted.value.claims;
      return ok(this.status());
    } finally {
      this.#upsUnderWay--;
      if (tunnel.status().phase === 'down' && this.#owner === caller) this.#owner = null;
    }
  }

  /** An order to end: the lease cannot be used again, whoever still has it. */
  async #down(caller: Caller): Promise<Result<unknown>> {
    const { tunnel, history } = this.#options;
    if (this.#lease && tunnel.status().phase !== 'down') history.end(this.#lease);
    this.#lease = null;
    await tunnel.down();
    if (this.#owner === caller) this.#owner = null;
    return ok(this.status());
  }
}
