import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import * as z from 'zod';
import { Samples } from './stats.ts';

/** What the thread is given: everything that it asks for, and how it says who it is. */
export const callerInput = z.object({
  url: z.string(),
  variant: z.string(),
  repeats: z.number(),
  /** Metric and path of each call of a round. */
  calls: z.array(z.object({ metric: z.string(), path: z.string() })),
  panelHeaders: z.record(z.string(), z.string()),
  token: z.string(),
  /** Members who are not connected: what is measured is the server, not a gateway. */
  kicked: z.array(z.string()).min(1),
});
export type CallerInput = z.infer<typeof callerInput>;

const KICK_EVERY_MS = 100;

/**
 * The callers of `benchPast`, in a thread of their own as they are machines of their own: each list by turns, and beside
 * them kicks until the last round is over. Posts a number after each round, and the samples at the end.
 */
const { url, variant, repeats, calls, panelHeaders, token, kicked } = callerInput.parse(workerData);
const samples = new Samples();
let isOver = false;

async function timed(metric: string, path: string, init: RequestInit): Promise<void> {
  const at = performance.now();
  const response = await fetch(url + path, init);
  const body = await response.text();
  if (response.status !== 200) throw new Error(`${metric}: ${body}`);
  samples.add(variant, metric, performance.now() - at);
}

const authorization = `Bearer ${token}`;

async function kick(): Promise<void> {
  const headers = { authorization, 'content-type': 'application/json' };
  for (let index = 0; !isOver; index++) {
    const path = `/api/v1/member/${kicked[index % kicked.length]}/disconnect`;
    await timed('disconnect call -> 200', path, { method: 'POST', headers, body: '{}' });
    await sleep(KICK_EVERY_MS);
  }
}

const kicks = kick();
for (let round = 1; round <= repeats; round++) {
  for (const { metric, path } of calls)
    await timed(metric, path, { headers: path.startsWith('/api/') ? { authorization } : panelHeaders });
  parentPort?.postMessage(round);
}
isOver = true;
await kicks;
parentPort?.postMessage(samples.all());
