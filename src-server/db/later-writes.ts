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
type Write = (tx: Transaction<Schema>) => Promise<unknown>;

/**
 * Writes in a transaction of its own, but only if no other process is writing now: false then, and nothing was done. So
 * what can be done later keeps nobody waiting.
 */
export function writeIfFree(db: Db, write: Write): Promise<boolean> {
  return db.connection().execute(async (own) => {
    await sql`pragma busy_timeout = 0`.execute(own);
    try {
      await own.transaction().execute(write);
      return true;
    } catch (error) {
      if (isBusyError(error)) return false;
      throw error;
    } finally {
      await sql.raw(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}`).execute(own);
    }
  });
}

/** The same, again and again until it was free; false: `isStopping` said so first. Others have their turn meanwhile. */
export async function writeWhenFree(
  db: Db,
  write: Write,
  isStopping: () => boolean = () => false,
): Promise<boolean> {
  while (!(await writeIfFree(db, write))) {
    if (isStopping()) return false;
    await sleep(RETRY_LOCK_MS);
  }
  return true;
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
    if (this.#waiting.size > MOST_WAITING) return this.flush();
    this.#plan(log, SOON_MS);
  }

  /** Writes down all that waits, and waits for whoever writes now: before the database is closed. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return this.#inTurn(async (notes) => {
      if (notes.length > 0) await this.#db.transaction().execute((tx) => writeAll(tx, notes));
      return true;
    });
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

  #inTurn(write: (notes: Write[]) => Promise<boolean>): Promise<void> {
    const round = this.#round.then(async () => {
      const taken = [...this.#waiting];
      if (!(await write(taken.map(([, note]) => note)))) return;
      for (const [key, note] of taken) if (this.#waiting.get(key) === note) this.#waiting.delete(key);
    });
    this.#round = round.catch(() => undefined);
    return round;
  }
}

async function writeAll(tx: Transaction<Schema>, notes: readonly Write[]): Promise<void> {
  for (const note of notes) await note(tx);
}
