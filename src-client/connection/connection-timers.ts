import { createBackoff } from '../../src-node/backoff.ts';
import { startLongTimer } from '../clock/long-timer.ts';
import type { Feed } from './machine-types.ts';

export interface ConnectionTimersOptions {
  feed: Feed;
  /** Milliseconds since 1970 by the server's clock. */
  serverNow: () => number;
  random: () => number;
}

const REPEAT_DOWN_MS = 2_000;

/** What the machine waits for: the next try, the first handshake, the check of the path, the lease's end. One of each at a time. */
export class ConnectionTimers {
  readonly #feed: Feed;
  readonly #serverNow: () => number;
  readonly #backoff: ReturnType<typeof createBackoff>;
  #retry: NodeJS.Timeout | undefined;
  #handshake: NodeJS.Timeout | undefined;
  #pathCheck: NodeJS.Timeout | undefined;
  #down: NodeJS.Timeout | undefined;
  #expiry: { cancel(): void } | null = null;

  constructor({ feed, serverNow, random }: ConnectionTimersOptions) {
    this.#feed = feed;
    this.#serverNow = serverNow;
    this.#backoff = createBackoff({ random });
  }

  scheduleRetry(id: number, attempt: number): void {
    if (attempt === 1) this.#backoff.reset();
    clearTimeout(this.#retry);
    const delayMs = this.#backoff.nextDelayMs();
    this.#retry = setTimeout(() => this.#feed({ type: 'retry-due', id }), delayMs);
    const nextTryAt = new Date(this.#serverNow() + delayMs).toISOString();
    this.#feed({ type: 'retry-scheduled', id, nextTryAt });
  }

  cancelRetry(): void {
    clearTimeout(this.#retry);
  }

  watchHandshake(id: number, delayMs: number): void {
    clearTimeout(this.#handshake);
    this.#handshake = setTimeout(() => this.#feed({ type: 'handshake-late', id }), delayMs);
  }

  watchPath(id: number, delayMs: number): void {
    clearTimeout(this.#pathCheck);
    this.#pathCheck = setTimeout(() => this.#feed({ type: 'path-check-due', id }), delayMs);
  }

  repeatDown(id: number): void {
    clearTimeout(this.#down);
    this.#down = setTimeout(() => this.#feed({ type: 'down-due', id }), REPEAT_DOWN_MS);
  }

  /** `expiresAt`: ISO 8601. */
  watchExpiry(leaseId: string, expiresAt: string): void {
    this.#expiry?.cancel();
    this.#expiry = startLongTimer(Date.parse(expiresAt) - this.#serverNow(), () =>
      this.#feed({ type: 'lease-expired', leaseId }),
    );
  }

  forgetExpiry(): void {
    this.#expiry?.cancel();
  }

  stop(): void {
    clearTimeout(this.#retry);
    clearTimeout(this.#handshake);
    clearTimeout(this.#pathCheck);
    clearTimeout(this.#down);
    this.#expiry?.cancel();
  }
}
