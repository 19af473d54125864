import { setTimeout as sleep } from 'node:timers/promises';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Logger } from 'pino';
import type { Schema } from './schema.ts';
import { isBusyError } from './sqlite-error.ts';

/** How long SQLite itself waits for another process that writes, and with it this whole process. */
export const BUSY_TIMEOUT_MS = 5_000;
const SOON_MS = 100;
/** Where another process is writing, or the disk did not take it. */
const AGAIN_MS = 500;
/** Notes that wait at most; whoever makes one more waits until they are written. */
const MOST_WAITING = 1_000;
const RETRY_LOCK_MS = 20;

type Db = Kysely<Schema>;
type Write<T = unknown> = (tx: Transaction<Schema>) => Promise<T>;

/**
 * Writes in a transaction of its own, but only if no other process is writing now: null then, and nothing was done. So
 * what can be done later keeps nobody waiting.
 */
export function writeIfFree<T>(db: Db, write: Write<T>): Promise<{ value: T } | null> {
  return db.connection().execute(async (own) => {
    await sql`pragma busy_timeout = 0`.execute(own);
    try {
      return { value: await own.transaction().execute(write) };
    } catch (error) {
      if (isBusyError(error)) return null;
      throw error;
    } finally {
      await sql.raw(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}`).execute(own);
    }
  });
}

/**
 * The same, again and again until it was free; others have their turn meanwhile. Answers what `write` does, or null when
 * `isStopping` said so first.
 */
export async function writeWhenFree<T>(
  db: Db,
  write: Write<T>,
  isStopping: () => boolean = () => false,
): Promise<T | null> {
  for (;;) {
    const written = await writeIfFree(db, write);
    if (written) return written.value;
    if (isStopping()) return null;
    await sleep(RETRY_LOCK_MS);
  }
}

/**
 * What reads leave behind (when somebody was seen, what a token was used for): written down a moment after they were
 * answered, many in one transaction, and never while another process writes. A crash loses what the last 100 ms left; a
 * disk that takes nothing lets no more than `MOST_WAITING` of them through unrecorded.
 */
export class LaterWrites {
  readonly #db: Db;
  readonly #waiting = new Map<unknown, Write>();
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();

  constructor(db: Db) {
    this.#db = db;
  }

  /** `key`: takes the place of what waits under the same one. Rejects only where very many wait and cannot be written. */
  async add(log: Logger, write: Write, key: unknown = Symbol('a note of its own')): Promise<void> {
    this.#waiting.set(key, write);
    if (this.#waiting.size <= MOST_WAITING) return this.#plan(log, SOON_MS);
    await this.#inTurn((notes) => writeWhenFree(this.#db, (tx) => writeAll(tx, notes)));
  }

  /** Writes down all that waits, and waits for whoever writes now: before the database is closed. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return this.#inTurn((notes) => this.#db.transaction().execute((tx) => writeAll(tx, notes)));
  }

  #plan(log: Logger, inMs: number): void {
    this.#timer ??= setTimeout(() => void this.#next(log), inMs);
  }

  /** Never rejects: what failed waits for the next try. */
  async #next(log: Logger): Promise<void> {
    this.#timer = undefined;
    try {
      await this.#inTurn((notes) => writeIfFree(this.#db, (tx) => writeAll(tx, notes)));
    } catch (error) {
      log.error({ err: error, waiting: this.#waiting.size }, 'not written down yet, tried again');
    }
    if (this.#waiting.size > 0) this.#plan(log, AGAIN_MS);
  }

  /** `write` answers null where it wrote nothing. */
  #inTurn(write: (notes: Write[]) => Promise<unknown>): Promise<void> {
    const round = this.#round.then(async () => {
      const taken = [...this.#waiting];
      if (taken.length === 0 || (await write(taken.map(([, note]) => note))) === null) return;
      for (const [key, note] of taken) if (this.#waiting.get(key) === note) this.#waiting.delete(key);
    });
    this.#round = round.catch(() => undefined);
    return round;
  }
}

async function writeAll(tx: Transaction<Schema>, notes: readonly Write[]): Promise<void> {
  for (const note of notes) await note(tx);
}
