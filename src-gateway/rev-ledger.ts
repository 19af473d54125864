/** What became of a rev; `error` goes to the server as it is. */
export type RevOutcome = { type: 'done' } | { type: 'failed'; error: string };

export type RevVerdict =
  | { action: 'apply' }
  /** Seen before: answer as then, or not yet (`null`: it is still under way). */
  | { action: 'repeat'; outcome: RevOutcome | null }
  | { action: 'refuse'; error: string };

const REMEMBERED = 4096;

/**
 * Which frames of one channel may be applied (`contracts.md`, gateway channel): the first must be a `sync`, of any
 * rev; after it revs strictly increase. Nothing is applied twice or out of order.
 */
export class RevLedger {
  #last: number | null = null;
  readonly #outcomes = new Map<number, RevOutcome | null>();

  /** Whether the channel has had its `sync`. */
  get isSynced(): boolean {
    return this.#last !== null;
  }

  judge(type: 'sync' | 'add' | 'remove', rev: number): RevVerdict {
    if (this.#last === null) {
      if (type !== 'sync') return { action: 'refuse', error: 'the first order of a channel must be a sync' };
    } else if (rev <= this.#last) {
      const outcome = this.#outcomes.get(rev);
      if (outcome !== undefined) return { action: 'repeat', outcome };
      return { action: 'refuse', error: `out of order: rev ${rev} after ${this.#last}` };
    }
    this.#last = rev;
    this.#outcomes.set(rev, null);
    const oldest = this.#outcomes.keys().next();
    if (this.#outcomes.size > REMEMBERED && !oldest.done) this.#outcomes.delete(oldest.value);
    return { action: 'apply' };
  }

  settle(rev: number, outcome: RevOutcome): void {
    if (this.#outcomes.has(rev)) this.#outcomes.set(rev, outcome);
  }
}
