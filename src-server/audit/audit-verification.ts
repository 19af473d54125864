import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Db } from '../db/database.ts';
import { walkChain } from './audit-log.ts';

/** Rows between two turns of the event loop: a few milliseconds. */
const SLICE_ROWS = 250;

export interface Verification {
  state: 'never' | 'running' | 'holds' | 'broken' | 'failed';
  rows: number;
  rowsTotal: number;
  /** Milliseconds since 1970. */
  startedAt: number | null;
  finishedAt: number | null;
  brokenAt: number | null;
}

/**
 * Walks the chain in slices, so that nobody waits for it. One walk at a time; the last result is kept while the server
 * runs. `onEnd` writes down how it went.
 */
export class AuditVerifier {
  readonly #db: Db;
  readonly #now: () => number;
  #state: Verification = {
    state: 'never',
    rows: 0,
    rowsTotal: 0,
    startedAt: null,
    finishedAt: null,
    brokenAt: null,
  };
  #walk: Promise<void> = Promise.resolve();
  #isStopping = false;

  constructor(db: Db, now: () => number) {
    this.#db = db;
    this.#now = now;
  }

  get state(): Verification {
    return { ...this.#state };
  }

  /** Begins a walk, unless one is on its way; false then. */
  begin(onEnd: (result: Verification) => Promise<void>, onError: (error: unknown) => void): boolean {
    if (this.#state.state === 'running') return false;
    this.#state = { ...this.#state, state: 'running', rows: 0, rowsTotal: 0, startedAt: this.#now() };
    this.#state = { ...this.#state, finishedAt: null, brokenAt: null };
    this.#walk = this.#run(onEnd).catch((error: unknown) => {
      this.#state = { ...this.#state, state: 'failed', finishedAt: this.#now() };
      onError(error);
    });
    return true;
  }

  /** Ends a walk that is on its way; before the database is closed. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#walk;
  }

  async #run(onEnd: (result: Verification) => Promise<void>): Promise<void> {
    const { total } = await this.#db
      .selectFrom('audit')
      .select((eb) => eb.fn.countAll<number>().as('total'))
      .executeTakeFirstOrThrow();
    this.#state = { ...this.#state, rowsTotal: total };
    const walk = walkChain(this.#db, SLICE_ROWS);
    for await (const { rows, brokenAt } of walk) {
      this.#state = { ...this.#state, rows, rowsTotal: Math.max(total, rows), brokenAt };
      if (this.#isStopping) return;
      await nextTurn();
    }
    const state = this.#state.brokenAt === null ? 'holds' : 'broken';
    this.#state = { ...this.#state, state, finishedAt: this.#now() };
    await onEnd(this.state);
  }
}
