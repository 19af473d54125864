import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from './database.ts';

/** Of the time, a third at most belongs to what nobody waits for. */
const PAUSE_PER_WORK = 2;
const SHORTEST_PAUSE_MS = 2;

const lanes = new WeakMap<Db, Promise<void>>();

/**
 * Runs a slice of work that nobody waits for (a few milliseconds): one at a time for the whole database, whoever asks,
 * and with a pause behind it that grows with how long it took. So a disconnect never stands behind more than one.
 */
export function inBackground<T>(db: Db, slice: () => Promise<T>): Promise<T> {
  const turn = lanes.get(db) ?? Promise.resolve();
  let took = 0;
  const work = turn.then(async () => {
    const since = performance.now();
    try {
      return await slice();
    } finally {
      took = performance.now() - since;
    }
  });
  const pause = (): Promise<void> => sleep(Math.max(SHORTEST_PAUSE_MS, took * PAUSE_PER_WORK));
  // A failure belongs to who asked for this slice, not to the next one.
  lanes.set(db, work.then(pause, pause));
  return work;
}
