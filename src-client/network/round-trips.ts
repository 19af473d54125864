import type { GatewaySummary } from '../../src-shared/client-api.ts';

/** So long a figure counts, on the network that it was measured on. */
const FRESH_MS = 10 * 60_000;
const AT_ONCE = 4;

export interface RoundTripsOptions {
  /** Milliseconds, or null where there is no answer. */
  measure: (endpoint: string, signal: AbortSignal) => Promise<number | null>;
  /** Milliseconds, never set back. */
  monotonic: () => number;
  /** No tunnel is up or on its way that the question could go through. */
  isPathFree: () => boolean;
  /** All figures that there are, by gateway id. */
  onFigures: (roundTrips: Record<string, number>) => void;
}

type Measured = { endpoint: string; at: number; ms: number | null };
type Goal = Pick<GatewaySummary, 'id' | 'endpoint'>;

/** How near the gateways are, on the network that the computer is attached to: measured when asked for, never through the tunnel. */
export class RoundTrips {
  readonly #options: RoundTripsOptions;
  readonly #known = new Map<string, Measured>();
  #abandoned = new AbortController();
  #running: Promise<void> | null = null;

  constructor(options: RoundTripsOptions) {
    this.#options = options;
  }

  /** Resolves when every gateway that has an endpoint has a figure that counts, or is known to give none. */
  async measure(gateways: readonly Goal[]): Promise<void> {
    while (this.#running) await this.#running;
    const due = gateways.flatMap(({ id, endpoint }) =>
      endpoint === null || this.#isFresh(id, endpoint) ? [] : [{ id, endpoint }],
    );
    if (due.length === 0 || !this.#options.isPathFree()) return;
    this.#running = this.#measureAll(due, this.#abandoned.signal).finally(() => {
      this.#running = null;
    });
    await this.#running;
  }

  /** Ends what is being measured: a tunnel is on its way. What is known already stays. */
  abandon(): void {
    this.#abandoned.abort();
    this.#abandoned = new AbortController();
  }

  /** Nothing is known of the ways from the new network. */
  networkChanged(): void {
    this.abandon();
    if (this.#known.size === 0) return;
    this.#known.clear();
    this.#tell();
  }

  async #measureAll(due: { id: string; endpoint: string }[], signal: AbortSignal): Promise<void> {
    const { measure, monotonic } = this.#options;
    const work = async () => {
      for (let next = due.shift(); next && !signal.aborted; next = due.shift()) {
        const ms = await measure(next.endpoint, signal);
        if (signal.aborted) return;
        this.#known.set(next.id, { endpoint: next.endpoint, at: monotonic(), ms });
        if (ms !== null) this.#tell();
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  #isFresh(id: string, endpoint: string): boolean {
    const known = this.#known.get(id);
    return known?.endpoint === endpoint && this.#options.monotonic() - known.at < FRESH_MS;
  }

  #tell(): void {
    const answered = [...this.#known].flatMap(([id, { ms }]) => (ms === null ? [] : [[id, ms] as const]));
    this.#options.onFigures(Object.fromEntries(answered));
  }
}
