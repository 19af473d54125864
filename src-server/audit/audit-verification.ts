import { inBackground } from '../db/background.ts';
import type { Db } from '../db/database.ts';
import type { ServerKeys } from '../keys/server-keys.ts';
import { type Archived, verifyAnchors } from './audit-anchor.ts';
import { newestAnchor, newestSeq, walkChain } from './audit-log.ts';

/** Rows between two turns of everybody else: a few milliseconds. */
const SLICE_ROWS = 100;

export interface Verification {
  state: 'never' | 'running' | 'holds' | 'broken' | 'failed';
  rows: number;
  rowsTotal: number;
  /** Milliseconds since 1970. */
  startedAt: number | null;
  finishedAt: number | null;
  /** The first row that does not follow, or the last one of an archive whose anchor does not count. */
  brokenAt: number | null;
  /** What lies in archives, by anchors that this server has signed; null: nothing. */
  archived: Archived | null;
}

/**
 * Walks the chain in slices, so that nobody waits for it. One walk at a time; the last result is kept while the server
 * runs. `onEnd` writes down how it went.
 */
export class AuditVerifier {
  readonly #db: Db;
  readonly #now: () => number;
  readonly #keys: ServerKeys;
  #state: Verification = {
    state: 'never',
    rows: 0,
    rowsTotal: 0,
    startedAt: null,
    finishedAt: null,
    brokenAt: null,
    archived: null,
  };
  #walk: Promise<void> = Promise.resolve();
  #isStopping = false;

  constructor(db: Db, keys: ServerKeys, now: () => number) {
    this.#db = db;
    this.#keys = keys;
    this.#now = now;
  }

  get state(): Verification {
    return { ...this.#state };
  }

  /** Begins a walk, unless one is on its way; false then. */
  begin(onEnd: (result: Verification) => Promise<void>, onError: (error: unknown) => void): boolean {
    if (this.#state.state === 'running') return false;
    this.#state = { ...this.#state, state: 'running', rows: 0, rowsTotal: 0, startedAt: this.#now() };
    this.#state = { ...this.#state, finishedAt: null, brokenAt: null, archived: null };
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
    // Rows are numbered without gaps: nobody waits until they are counted.
    const total = (await newestSeq(this.#db)) - ((await newestAnchor(this.#db))?.seq ?? 0);
    this.#state = { ...this.#state, rowsTotal: total };
    const anchors = await verifyAnchors(this.#db, this.#keys);
    if (anchors.ok) this.#state = { ...this.#state, archived: anchors.archived };
    const walk = walkChain(this.#db, SLICE_ROWS);
    for (;;) {
      const { done, value } = await inBackground(this.#db, () => walk.next());
      if (done) break;
      const { rows, brokenAt } = value;
      this.#state = { ...this.#state, rows, rowsTotal: Math.max(total, rows), brokenAt };
      if (this.#isStopping) return;
    }
    if (!anchors.ok) this.#state = { ...this.#state, brokenAt: anchors.seq };
    const state = this.#state.brokenAt === null ? 'holds' : 'broken';
    this.#state = { ...this.#state, state, finishedAt: this.#now() };
    await onEnd(this.state);
  }
}
