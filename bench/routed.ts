import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { routedPlan, startHomeServices } from '../lab/stack/net-controls.ts';
import { startStack } from '../lab/stack/start-stack.ts';
import { onLaptop, setPolicy } from './on-laptop.ts';
import { type Row, Samples } from './stats.ts';

/** Members in a row under one rule, before it is the other's turn. */
const BLOCK = 3;
const RULES = [
  { rule: 'off', byName: false },
  { rule: 'gate', byName: false },
  { rule: 'always', byName: false },
  { rule: 'always', byName: true },
] as const;

/**
 * The same day behind a router, with everything in the tunnel; with nothing, the team's networks, and everything held
 * back, in turns, and at last also with a server that has a name and a resolver that died after the sign-in, so that what the machine does meanwhile falls on all alike.
 */
export async function benchRouted(repeats: number, rttMs: number, signal: AbortSignal): Promise<Row[]> {
  const rounds = Math.max(1, Math.round(repeats / BLOCK / 2));
  const folder = mkdtempSync(path.join(tmpdir(), 'postern-bench-'));
  try {
    const stack = await startStack({
      folder,
      members: rounds * RULES.length * BLOCK,
      gateways: 1,
      rttMs,
      net: 'routed',
      isFullTunnel: true,
      onStep: (step, tookMs) => console.error(`  ${step} (${Math.round(tookMs)} ms)`),
      signal,
    });
    try {
      await startHomeServices(routedPlan(stack.file));
      const samples = new Samples();
      let first = 0;
      for (let round = 0; round < rounds; round++)
        for (const { rule, byName } of RULES) {
          await setPolicy(stack, [`trafficWhileWaiting=${rule}`, '--exempt-all']);
          const how = byName ? ', names dead' : '';
          const variant = `behind a router, all in the tunnel, ${rule}${how}`;
          samples.addAll(await onLaptop({ stack, signal }, 'obedient', first, BLOCK, variant, byName));
          first += BLOCK;
        }
      return samples.rows();
    } finally {
      await stack.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
