import type { ClientCore } from '../../src-client/core.ts';
import type { Source } from '../../src-shared/connection-state.ts';
import { fail, ok, type Result } from '../../src-shared/problem.ts';
import { gatewayNamed, parseDeepLink } from './deep-link.ts';

export interface ConnectRequestsOptions {
  core: Pick<ClientCore, 'snapshot' | 'connect' | 'cancel' | 'disconnect' | 'refresh'>;
  bringForward: () => void;
}

/** The one way in: window, tray, deep link and launch all connect through here, and it remembers who asked. */
export class ConnectRequests {
  readonly #options: ConnectRequestsOptions;
  #asked: Source | null = null;

  constructor(options: ConnectRequestsOptions) {
    this.#options = options;
  }

  /** Who asked for the newest connection. */
  get asked(): Source | null {
    return this.#asked;
  }

  connect(source: Source, gatewayId?: string): Promise<Result<void>> {
    this.#asked = source;
    return this.#options.core.connect(source, gatewayId);
  }

  disconnect(source: Source): Promise<Result<void>> {
    return this.#options.core.disconnect(source);
  }

  cancel(source: Source): Promise<Result<void>> {
    return this.#options.core.cancel(source);
  }

  /**
   * `postern://connect/<gateway>`: window forward and, when nothing is up, connect, which means the gate. Any page in
   * a browser can open such a link: it never ends or moves a connection. Errors: `invalid-request`,
   * `gateway-not-found`, those of `connect`.
   */
  async openLink(link: string): Promise<Result<void>> {
    this.#options.bringForward();
    const target = parseDeepLink(link);
    if (!target) return fail('invalid-request', 'Not a link that Postern opens.');
    const { core } = this.#options;
    if (core.snapshot().connection.phase !== 'disconnected') return ok(undefined);
    if (core.snapshot().gateways.length === 0) {
      const refreshed = await core.refresh();
      if (!refreshed.ok) return refreshed;
    }
    const gateway = gatewayNamed(core.snapshot().gateways, target.gateway);
    return gateway ? this.connect('deep-link', gateway.id) : fail('gateway-not-found');
  }
}
