import { setTimeout as wait } from 'node:timers/promises';

const STOP_LIMIT_MS = 2_000;

/** Waits for an end in order, but not for ever: whoever stops the client wants it gone. */
export async function withinStopLimit(work: Promise<unknown>): Promise<void> {
  await Promise.race([work, wait(STOP_LIMIT_MS, undefined, { ref: false })]);
}
