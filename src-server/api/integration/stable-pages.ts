import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long a caller may take from one page to the next. */
const KEPT_MS = 10 * 60_000;
const MOST_KEPT = 1_000;
/** Rows that are passed over in one go on the way to a page that is asked for by its number. */
const PASSED_AT_ONCE = 2_000;

interface Walk<K> {
  newest: K;
  /** The page that was read last, and its last row; null: it had none. */
  page: number;
  last: K | null;
  usedAt: number;
}

/**
 * Pages by number over a list that grows at its beginning: those after the first one show what was there when the first
 * was read, so that no row is shown twice or left out. The page after the last one begins behind its last row, however
 * deep. `K` is where a row is in the list.
 */
export class StablePages<K> {
  readonly #walks = new Map<string, Walk<K>>();

  /** `walk`: who reads, and by which filter. `newest`: of the list as it is now. `behind`: null where that is not known. */
  begin(walk: string, page: number, newest: K, now: number): { newest: K; behind: K | null } {
    const known = this.#walks.get(walk);
    if (page === 1 || !known || now - known.usedAt > KEPT_MS) return { newest, behind: null };
    return { newest: known.newest, behind: known.page === page - 1 ? known.last : null };
  }

  end(walk: string, page: number, newest: K, last: K | null, now: number): void {
    // Whoever has not read for longest is forgotten first.
    this.#walks.delete(walk);
    this.#walks.set(walk, { newest, page, last, usedAt: now });
    const [oldest] = this.#walks.keys();
    if (this.#walks.size > MOST_KEPT && oldest !== undefined) this.#walks.delete(oldest);
  }
}

/**
 * The place behind `count` rows, from a place on, while everybody else has their turn; null when there are not as many.
 * `lastOf`: the last of so many rows (`PASSED_AT_ONCE` at most) behind a place.
 */
export async function passOver<K>(
  from: K,
  count: number,
  lastOf: (from: K, rows: number) => Promise<K | undefined>,
): Promise<K | null> {
  let place = from;
  for (let left = count; left > 0; left -= PASSED_AT_ONCE) {
    const last = await lastOf(place, Math.min(left, PASSED_AT_ONCE));
    if (last === undefined) return null;
    place = last;
    await nextTurn();
  }
  return place;
}
