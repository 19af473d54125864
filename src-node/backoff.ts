/** How long to wait before the next try: full jitter, so that many clients never come back in step. */
export interface Backoff {
  /** Delays handed out since the last `reset`. */
  readonly attempt: number;
  /** Milliseconds in [0, min(maxMs, baseMs · 2^attempt)); each call counts as one more attempt. */
  nextDelayMs(): number;
  reset(): void;
}

export interface BackoffOptions {
  /** Uniform in [0, 1). */
  random: () => number;
  baseMs?: number;
  maxMs?: number;
}

/** Full-jitter exponential backoff, 0.5 s to 30 s unless told otherwise. */
export function createBackoff({ random, baseMs = 500, maxMs = 30_000 }: BackoffOptions): Backoff {
  let attempt = 0;
  return {
    get attempt() {
      return attempt;
    },
    nextDelayMs() {
      const ceiling = Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 30));
      attempt += 1;
      return Math.floor(random() * ceiling);
    },
    reset() {
      attempt = 0;
    },
  };
}

/** Resolves after `ms`, or at once when `signal` aborts; never rejects and keeps no timer behind. */
export function sleep(ms: number, signal?: AbortSignal): Promise<'elapsed' | 'aborted'> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve('aborted');
      return;
    }
    const onAbort = () => {
      clearTimeout(timer);
      resolve('aborted');
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve('elapsed');
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
