import type { Logger } from 'pino';
import packageJson from '../package.json' with { type: 'json' };
import { type HelperStatus, helperFeature } from '../src-shared/helper-rpc.ts';
import type { LeaseClaims } from '../src-shared/lease.ts';
import { fail, ok, type Result } from '../src-shared/problem.ts';
import type { GuardKeeper, GuardUser } from './guard/guard-keeper.ts';
import type { LeaseHistory } from './lease-history.ts';
import type { LeaseVerifier } from './lease-verifier.ts';
import type { HelperCall } from './rpc-call.ts';
import type { Tunnel } from './tunnel.ts';

const { version } = packageJson;

/** One client connection, by identity. */
export interface Caller extends GuardUser {
  readonly isClosed: boolean;
}

export interface ControllerOptions {
  tunnel: Tunnel;
  verifier: LeaseVerifier;
  history: LeaseHistory;
  guard: GuardKeeper;
  /** A server's word on the key that signs its leases. */
  takeLeaseKey: (statement: string) => Promise<Result<void>>;
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

  status(caller: GuardUser): HelperStatus {
    const { tunnel, guard } = this.#options;
    // What this computer cannot do it does not offer: a server that counts on it lets nobody in then.
    const features = helperFeature.options.filter((feature) => feature !== 'guard' || guard.isAvailable);
    return {
      ...tunnel.status(),
      guard: guard.stateFor(caller),
      guardEvents: guard.events,
      version,
      features,
    };
  }

  onChange(listener: () => void): void {
    this.#options.tunnel.onChange(listener);
    this.#options.guard.onChange(listener);
  }

  /** Runs one call. Calls of one connection come one after another. */
  async handle(caller: Caller, call: HelperCall): Promise<Result<unknown>> {
    // Whoever may call may ask for these: what they may loosen is not theirs alone, and the keeper knows.
    switch (call.method) {
      case 'status':
        return ok(this.status(caller));
      case 'epoch':
        return ok({ epoch: this.#options.history.epochOf(call.params.deviceId) });
      case 'guard':
        return this.#answered(caller, this.#options.guard.take(call.params.guard));
      case 'stricter':
        return this.#answered(caller, this.#options.guard.choose(caller, call.params.mode));
      case 'portal':
        return this.#answered(caller, this.#options.guard.openPortal());
      case 'lease-key':
        return this.#answered(caller, this.#takeLeaseKey(call.params.statement));
      case 'release':
        return this.#answered(caller, this.#options.guard.release(caller));
    }
    if (this.#owner !== null && this.#owner !== caller) return fail('controller-busy');
    switch (call.method) {
      case 'up':
        return this.#up(caller, call.params.lease, call.params.privateKey);
      case 'down':
        return this.#down(caller);
      case 'refresh':
        return this.#answered(caller, this.#options.tunnel.refresh());
      case 'overlap':
        return this.#answered(caller, this.#options.tunnel.overlap(call.params.side));
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
      return ok(this.status(caller));
    } finally {
      this.#upsUnderWay--;
      if (tunnel.status().phase === 'down' && this.#owner === caller) this.#owner = null;
    }
  }

  async #takeLeaseKey(statement: string): Promise<Result<void>> {
    const { takeLeaseKey, log } = this.#options;
    const taken = await takeLeaseKey(statement);
    if (!taken.ok)
      log.warn({ code: taken.problem.code, detail: taken.problem.detail }, 'word on a key refused');
    return taken;
  }

  async #answered(caller: Caller, working: Promise<Result<void>>): Promise<Result<unknown>> {
    const done = await working;
    return done.ok ? ok(this.status(caller)) : done;
  }

  /** An order to end: the lease cannot be used again, whoever still has it. */
  async #down(caller: Caller): Promise<Result<unknown>> {
    const { tunnel, history } = this.#options;
    if (this.#lease && tunnel.status().phase !== 'down') history.end(this.#lease);
    this.#lease = null;
    await tunnel.down();
    if (this.#owner === caller) this.#owner = null;
    return ok(this.status(caller));
  }
}
