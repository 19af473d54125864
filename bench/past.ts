import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { noteStats } from '../src-server/access/gateway/gateway-stats.ts';
import { Housekeeping } from '../src-server/audit/housekeeping.ts';
import { PanelClient } from '../src-server/testing/panel-client.ts';
import { startTestServer, type TestServer } from '../src-server/testing/test-server.ts';
import { fillPanelDatabase } from './panel-database.ts';
import { listsOf } from './panel-lists.ts';
import { type Row, Samples } from './stats.ts';

const STATS_MS = 10_000;
const KICK_EVERY_MS = 100;
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
 * every second. Kicks go out ten times a second and every list is asked for. Server and callers share one process, so
 * the lag of the loop has the callers' work in it.
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
    const members = (await owner.get('members?limit=100')).body.members;
    const { lists, logs } = await listsOf(owner);
    const housekeeping = new Housekeeping(server.ctx);
    await server.parts.sweeper.start();
    const delay = monitorEventLoopDelay({ resolution: 1 });
    const background = [housekeeping.round(), reportStats(server, stop.signal)];
    await owner.call('POST', 'audit/verification', {});
    delay.enable();
    const idle = new Worker(IDLE_THREAD, { eval: true });
    const kicks = kick(server, { token, members, samples, variant, signal: stop.signal });
    for (let round = 0; round < repeats; round++) {
      for (const [name, path] of lists)
        await timed(samples, variant, `panel: ${name}`, () => owner.get(path));
      for (const [name, path] of logs)
        await timed(samples, variant, `API: ${name}`, () =>
          server.request('GET', `/api/v1/${path}`, { token }),
        );
      say(
        `round ${round + 1}: ${(await owner.get('audit?search=idle&limit=1')).body.indexing?.rowsLeft ?? 0} rows left`,
      );
    }
    delay.disable();
    idle.postMessage('end');
    const [ofIdle]: number[] = await once(idle, 'message');
    stop.abort();
    await kicks;
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

async function timed(
  samples: Samples,
  variant: string,
  metric: string,
  ask: () => Promise<{ status: number; body: unknown }>,
): Promise<void> {
  const at = performance.now();
  const { status, body } = await ask();
  if (status !== 200) throw new Error(`${metric}: ${JSON.stringify(body)}`);
  samples.add(variant, metric, performance.now() - at);
}

/** Members who are not connected: what is measured is the server, not a gateway. */
async function kick(
  server: TestServer,
  input: {
    token: string;
    members: { id: string; connections: unknown[] }[];
    samples: Samples;
    variant: string;
    signal: AbortSignal;
  },
): Promise<void> {
  const { token, samples, variant, signal } = input;
  const members = input.members.filter(({ connections }) => connections.length === 0);
  for (let index = 0; !signal.aborted; index++) {
    const member = members[index % members.length];
    if (!member) throw new Error('everybody is connected');
    await timed(samples, variant, 'disconnect call -> 200', () =>
      server.request('POST', `/api/v1/member/${member.id}/disconnect`, { token, body: {} }),
    );
    await sleep(KICK_EVERY_MS);
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
