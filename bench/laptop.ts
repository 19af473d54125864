import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pino from 'pino';
import { Agent } from 'undici';
import type { ClientCore, Snapshot } from '../src-main/client/core.ts';
import { createClientCore } from '../src-main/client/create-core.ts';
import type { Phase } from '../src-shared/connection-state.ts';
import type { Result } from '../src-shared/problem.ts';
import { type StackFile, stackFile } from '../src-shared/stack-file.ts';
import { DeafClient } from './deaf-client.ts';
import { nowNs, type SendProbe } from './probe.ts';
import type { Samples } from './stats.ts';
import { freshSteps } from './totp-steps.ts';

const PACE_US = 1000;
const KILL_PACE_US = 250;
const toMs = (ns: number): number => ns / 1e6;

export interface Bench {
  stack: StackFile;
  samples: Samples;
  sender: SendProbe;
  /** Asks the echo end behind the gateway. */
  lastPacket(after: number, quietMs: number): Promise<number>;
  ca: string;
  api: Agent;
}

export type BenchMember = StackFile['members'][number];

/** The call of a security team: when the connection is open already, as an integration would keep it. */
export async function kick({ stack, api }: Bench, member: BenchMember): Promise<number> {
  const response = await api.request({
    origin: stack.serverUrl,
    path: `/api/v1/member/${member.id}/disconnect`,
    method: 'POST',
    headers: { authorization: `Bearer ${stack.apiToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ reason: 'benchmark' }),
  });
  const text = await response.body.text();
  const at = nowNs();
  if (response.statusCode !== 200) throw new Error(`disconnect: ${response.statusCode} ${text}`);
  return at;
}

function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.problem.code}: ${result.problem.detail}`);
  return result.value;
}

/** When the core first shows `phase`, CLOCK_MONOTONIC nanoseconds. */
function reaches(core: ClientCore, phase: Phase): Promise<number> {
  return new Promise((resolve) => {
    const look = (snapshot: Snapshot): void => {
      if (snapshot.connection.phase !== phase) return;
      stop();
      resolve(nowNs());
    };
    const stop = core.subscribe(look);
  });
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** One member's day: sign in, connect, be thrown out twice, come back twice. Three codes, none used again. */
export async function obedientClient(bench: Bench, member: BenchMember): Promise<void> {
  const { samples, sender, stack } = bench;
  const folder = mkdtempSync(path.join(tmpdir(), 'postern-bench-'));
  const core = createClientCore({ log: pino({ level: 'warn' }, pino.destination(2)), profileFolder: folder });
  const variant = 'obedient client';
  try {
    const codes = await freshSteps(member.totpSecret);
    await core.start();
    const { email, password } = member;
    const signIn = { serverUrl: stack.serverUrl, caFile: stack.caFile, email, password };
    const first = must(await core.signIn(signIn));
    if (first.step !== 'mfa') throw new Error(`expected to be asked for a code, got ${first.step}`);
    must(await core.signInMfa(first.mfaToken, 'totp', codes.previous));

    sender.setInterval(PACE_US);
    let start = nowNs();
    let echo = sender.first(start);
    must(await core.connect('cli', stack.gateways[0]?.id));
    samples.add(variant, 'a connect -> first echo', toMs((await echo) - start));

    sender.setInterval(KILL_PACE_US);
    await pause(300);
    let asked = reaches(core, 'gate');
    start = nowNs();
    const answered = kick(bench, member);
    samples.add(variant, 'b kill -> client prompts for a code', toMs((await asked) - start));
    samples.add(variant, 'b kill -> 200 to the caller', toMs((await answered) - start));
    samples.add(
      variant,
      'b kill -> last packet at server',
      toMs((await bench.lastPacket(start, 200)) - start),
    );

    sender.setInterval(PACE_US);
    await pause(300);
    start = nowNs();
    echo = sender.first(start);
    must(await core.submitProof([{ method: 'totp', code: codes.current }]));
    samples.add(variant, 'c re-auth: code entered -> first echo', toMs((await echo) - start));

    await pause(200);
    asked = reaches(core, 'gate');
    start = nowNs();
    const again = kick(bench, member);
    echo = asked.then((told) => sender.first(told));
    await asked;
    must(await core.submitProof([{ method: 'totp', code: codes.next }]));
    samples.add(variant, 'd cycle: kill -> prompt -> instant code -> first echo', toMs((await echo) - start));
    await again;
    must(await core.signOut('cli'));
  } finally {
    await core.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A client that takes its lease and hears nothing: only the gateway can stop it. */
export async function deafClient(bench: Bench, member: BenchMember): Promise<void> {
  const { samples, sender } = bench;
  const client = new DeafClient(bench, member);
  try {
    const echo = sender.first(nowNs());
    await client.connect();
    await echo;
    sender.setInterval(KILL_PACE_US);
    await pause(300);
    const start = nowNs();
    await kick(bench, member);
    const last = await bench.lastPacket(start, 900);
    samples.add('client that ignores the order', 'b kill -> last packet at server', toMs(last - start));
  } finally {
    client.close();
  }
}

/** What the stack wrote down, and a warm connection for the caller. */
export async function openBench(stackJson: string): Promise<Pick<Bench, 'stack' | 'ca' | 'api'>> {
  const stack = stackFile.parse(JSON.parse(readFileSync(stackJson, 'utf8')));
  const ca = readFileSync(stack.caFile, 'utf8');
  const api = new Agent({
    connect: { ca },
    keepAliveTimeout: 600_000,
    keepAliveMaxTimeout: 600_000,
    connections: 1,
  });
  const warm = await api.request({ origin: stack.serverUrl, path: '/healthz', method: 'GET' });
  await warm.body.dump();
  return { stack, ca, api };
}
