/** Ctrl-C, SIGINT and SIGTERM as one thing: the first asks for a clean end, the second quits. */
export interface Interrupts {
  /** Aborts at the first interrupt. */
  readonly signal: AbortSignal;
  raise(): void;
  /** Asks for a clean end and never quits: the terminal or the reader of the output has gone. */
  hangUp(): void;
}

/** `quitHard` runs at the second interrupt. */
export function createInterrupts(quitHard: () => void): Interrupts {
  const first = new AbortController();
  return {
    signal: first.signal,
    raise() {
      if (first.signal.aborted) quitHard();
      else first.abort();
    },
    hangUp: () => first.abort(),
  };
}
