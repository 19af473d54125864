import { readFileSync } from 'node:fs';
import { Agent } from 'undici';
import { type StackFile, stackFile } from '../src-shared/stack-file.ts';
import type { SendProbe } from './probe.ts';
import type { Samples } from './stats.ts';

export interface Bench {
  stack: StackFile;
  samples: Samples;
  /** How clients name the server, when not by its address, and whether a resolver answers for it. */
  byName?: { serverUrl: string; setResolver(isAlive: boolean): Promise<void> };
  /** Heads the rows of the obedient client in place of its own name. */
  variant?: string;
  sender: SendProbe;
  /** Asks the echo end behind the gateway. */
  lastPacket(after: number, quietMs: number): Promise<number>;
  ca: string;
  api: Agent;
}

export type BenchMember = StackFile['members'][number];

/** What the stack wrote down, and a warm connection for the caller, who may use as many as `connections` at once. */
export async function openBench(
  stackJson: string,
  connections = 1,
): Promise<Pick<Bench, 'stack' | 'ca' | 'api'>> {
  const stack = stackFile.parse(JSON.parse(readFileSync(stackJson, 'utf8')));
  const ca = readFileSync(stack.caFile, 'utf8');
  const api = new Agent({
    connect: { ca },
    keepAliveTimeout: 600_000,
    keepAliveMaxTimeout: 600_000,
    connections,
  });
  const warm = await api.request({ origin: stack.serverUrl, path: '/healthz', method: 'GET' });
  await warm.body.dump();
  return { stack, ca, api };
}
