import type { HelperStatus } from '../../src-shared/helper-rpc.ts';

const INTERVAL_MS = 1_000;
const KEPT_SAMPLES = 60;

export interface TrafficSample {
  rxPerSecond: number;
  txPerSecond: number;
}

export interface TrafficSamplerOptions {
  /** Asks the helper for the newest counters. */
  measure: () => Promise<void>;
  /** The newest counters. */
  read: () => HelperStatus | null;
  /** Milliseconds, never set back. */
  monotonic: () => number;
  onSample: () => void;
}

interface Reading {
  leaseId: string | undefined;
  rxBytes: number;
  txBytes: number;
  atMs: number;
}

/** Rates out of the tunnel's counters, once a second while somebody looks; no timer runs otherwise. */
export class TrafficSampler {
  readonly #options: TrafficSamplerOptions;
  #timer: NodeJS.Timeout | null = null;
  #last: Reading | null = null;
  #isMeasuring = false;
  #samples: readonly TrafficSample[] = [];

  constructor(options: TrafficSamplerOptions) {
    this.#options = options;
  }

  /** Oldest first, at most a minute. A new array after each change. */
  get samples(): readonly TrafficSample[] {
    return this.#samples;
  }

  get isRunning(): boolean {
    return this.#timer !== null;
  }

  /** Whether there is something to measure and somebody to show it to. Idempotent. */
  setRunning(isRunning: boolean): void {
    if (isRunning === this.isRunning) return;
    if (this.#timer) {
      clearInterval(this.#timer);
      this.#timer = null;
      // What passed while nobody looked is not one second's worth.
      this.#last = null;
      return;
    }
    this.#timer = setInterval(() => void this.#tick(), INTERVAL_MS);
    void this.#tick();
  }

  /** Forgets the graph, e.g. because the connection ended. */
  clear(): void {
    this.#samples = [];
    this.#last = null;
  }

  async #tick(): Promise<void> {
    // A helper that answers slowly is not asked twice at a time.
    if (this.#isMeasuring) return;
    this.#isMeasuring = true;
    try {
      await this.#options.measure();
    } finally {
      this.#isMeasuring = false;
    }
    if (this.isRunning) this.#take(this.#options.read());
  }

  #take(status: HelperStatus | null): void {
    if (!status || status.phase === 'down') return;
    const { leaseId, rxBytes, txBytes } = status;
    const now: Reading = { leaseId, rxBytes, txBytes, atMs: this.#options.monotonic() };
    const last = this.#last;
    this.#last = now;
    if (!last || now.atMs <= last.atMs) return;
    const perSecond = 1_000 / (now.atMs - last.atMs);
    // A renewed lease starts counting anew; a counter never runs backwards.
    const rate = (newer: number, older: number) => Math.max(0, Math.round((newer - older) * perSecond));
    const sample = {
      rxPerSecond: rate(rxBytes, last.rxBytes),
      txPerSecond: rate(txBytes, last.txBytes),
    };
    this.#samples = [...this.#samples, sample].slice(-KEPT_SAMPLES);
    this.#options.onSample();
  }
}
