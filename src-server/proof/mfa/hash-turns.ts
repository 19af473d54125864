import { availableParallelism } from 'node:os';
import { ServerBusyError } from '../../http/error-handling.ts';

/**
 * Who waits for argon2. Nobody has to prove anything to have a password looked at: strangers must not keep those
 * waiting whom the server knows, by a session, a token, or a password that was right a moment ago.
 */
export type HashCaller = 'stranger' | 'known';

/** A second's worth of hashes with the default parameters: who would wait longer does better to come again. */
const MOST_WAITING: Record<HashCaller, number> = { stranger: 32, known: 64 };
const COME_AGAIN_MS = 2_000;

/**
 * One or two at a time: each takes a core for tens of milliseconds, and a thread of libuv's four, which signatures and
 * files wait for as well.
 */
const AT_ONCE = Math.max(1, Math.min(2, availableParallelism() - 1));

/** Turns at work that takes a whole core, in order, those of `known` callers first. */
export class HashTurns {
  readonly #atOnce: number;
  readonly #waiting: Record<HashCaller, (() => void)[]> = { stranger: [], known: [] };
  #running = 0;

  constructor(atOnce = AT_ONCE) {
    this.#atOnce = atOnce;
  }

  /** Resolves or rejects as `work` does. Rejects with `ServerBusyError`, before anything was done, in a crowd. */
  async take<T>(caller: HashCaller, work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#atOnce) this.#running += 1;
    else await this.#wait(caller);
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  #wait(caller: HashCaller): Promise<void> {
    const queue = this.#waiting[caller];
    if (queue.length >= MOST_WAITING[caller]) throw new ServerBusyError(COME_AGAIN_MS);
    return new Promise((begin) => queue.push(begin));
  }

  /** The next one takes over the turn: nobody who comes now gets in between. */
  #leave(): void {
    const next = this.#waiting.known.shift() ?? this.#waiting.stranger.shift();
    if (next) next();
    else this.#running -= 1;
  }
}
