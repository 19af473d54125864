import { on, once } from 'node:events';
import { closeSync, fsyncSync, openSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import * as z from 'zod';
import { noteStats } from '../src-server/access/gateway/gateway-stats.ts';
import { Housekeeping } from '../src-server/audit/housekeeping.ts';
import { PanelClient } from '../src-server/testing/panel-client.ts';
import { startTestServer, type TestServer } from '../src-server/testing/test-server.ts';
import { fillPanelDatabase } from './panel-database.ts';
import { listsOf } from './panel-lists.ts';
import type { CallerInput } from './past-caller.ts';
import { type Row, type Sample, Samples } from './stats.ts';

const STATS_MS = 10_000;
/** What the machine alone makes a loop wait: other work on it, and the timer's own millisecond. */
const IDLE_THREAD = `
  const delay = require('node:perf_hooks').monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const { parentPort } = require('node:worker_threads');
  parentPort.once('message', () => parentPort.postMessage(delay.percentile(99) / 1e6));
`;

/**
 * A server with two years behind it, 5,000 members, a lease for ten audit rows and no `analyze`, while everything runs
 * at once: the search is built, the chain verified, old leases purged, 1,000 peers reported every ten seconds, the sweep
 * every second. Kicks go out ten times a second and every list is asked for, from a thread of their own.
 */
export async function benchPast(
  auditRows: number,
  repeats: number,
  say: (line: string) => void,
): Promise<Row[]> {
  const samples = new Samples();
  const leases = Math.round(auditRows / 10);
  const server = await startTestServer();
  const number = (value: number): string => value.toLocaleString('en');
  const variant = `a past of ${number(auditRows)} audit rows and ${number(leases)} leases, everything running`;
  const stop = new AbortController();
  try {
    const owner = await PanelClient.of(server, 'owner');
    const token = await server.addApiToken(['logs:read', 'members:read', 'members:disconnect']);
    const since = performance.now();
    const sizes = { members: 5_000, auditRows, leases, live: 1_000, days: 730 };
    fillPanelDatabase(server.ctx.config.databaseFile, sizes, server.clock.now);
    say(`database filled (${Math.round((performance.now() - since) / 1000)} s)`);
    await server.restart();
    // What filling it left to the system is on disk before anything is measured.
    flush(server.ctx.config.databaseFile);
    const { members } = (await owner.get('members?limit=100')).body;
    const { lists, logs } = await listsOf(owner);
    const input: CallerInput = {
      ...{ url: server.url, variant, repeats, token, panelHeaders: owner.headers() },
      calls: [
        ...lists.map(([name, path]) => ({ metric: `panel: ${name}`, path: `/panel/v1/${path}` })),
        ...logs.map(([name, path]) => ({ metric: `API: ${name}`, path: `/api/v1/${path}` })),
      ],
      kicked: notConnected.parse(members).map(({ id }) => id),
    };
    const housekeeping = new Housekeeping(server.ctx);
    await server.parts.sweeper.start();
    const delay = monitorEventLoopDelay({ resolution: 1 });
    const background = [housekeeping.round(), reportStats(server, stop.signal)];
    await owner.call('POST', 'audit/verification', {});
    delay.enable();
    const idle = new Worker(IDLE_THREAD, { eval: true });
    const left = async (): Promise<number> =>
      (await owner.get('audit?search=idle&limit=1')).body.indexing?.rowsLeft ?? 0;
    samples.addAll(await callers(input, async (round) => say(`round ${round}: ${await left()} rows left`)));
    delay.disable();
    idle.postMessage('end');
    const [ofIdle]: number[] = await once(idle, 'message');
    stop.abort();
    samples.add(variant, 'lag of the event loop, p99', delay.percentile(99) / 1e6);
    samples.add(variant, 'the same of a thread that does nothing, p99', ofIdle ?? 0);
    samples.add(variant, 'lag of the event loop, longest', delay.max / 1e6);
    await housekeeping.stop();
    await Promise.all(background);
  } finally {
    stop.abort();
    await server.close();
  }
  const rows = samples.rows();
  const slowest = rows
    .filter(({ metric }) => /^(panel|API): /.test(metric))
    .sort((a, b) => b.median - a.median)[0];
  if (slowest) rows.push({ ...slowest, metric: `slowest list (${slowest.metric})` });
  return rows;
}

const notConnected = z
  .array(z.object({ id: z.string(), connections: z.array(z.unknown()) }))
  .transform((members) => members.filter(({ connections }) => connections.length === 0));

function flush(file: string): void {
  const opened = openSync(file, 'r+');
  fsyncSync(opened);
  closeSync(opened);
}

/** What the callers' thread has measured. Rejects with what was not answered. */
async function callers(input: CallerInput, onRound: (round: number) => Promise<void>): Promise<Sample[]> {
  const thread = new Worker(new URL('past-caller.ts', import.meta.url), { workerData: input });
  try {
    for await (const [message] of on(thread, 'message')) {
      if (typeof message !== 'number') return message;
      await onRound(message);
    }
    throw new Error('the callers ended early');
  } finally {
    await thread.terminate();
  }
}

async function reportStats({ ctx }: TestServer, signal: AbortSignal): Promise<void> {
  for (let bytes = 1; !signal.aborted; bytes++) {
    const { db } = ctx.database;
    const live = await db
      .selectFrom('lease')
      .select(['gateway_id', 'wg_public_key'])
      .where('ended_at', 'is', null)
      .execute();
    for (const [gatewayId, peers] of Map.groupBy(live, (lease) => lease.gateway_id))
      await noteStats(
        ctx,
        gatewayId,
        peers.map(({ wg_public_key: publicKey }) => ({
          ...{
            publicKey,
            handshakeAgeMs: 1000,
            lastHandshakeAt: null,
            rxBytes: bytes,
            txBytes: bytes,
            endpoint: null,
          },
        })),
      );
    await sleep(STATS_MS, undefined, { signal }).catch(() => undefined);
  }
}

if (process.argv[1] === import.meta.filename) {
  const { printTable } = await import('./table.ts');
  const [rows = '5000000', repeats = '10'] = process.argv.slice(2);
  printTable(await benchPast(Number(rows), Number(repeats), console.error), 0);
}
