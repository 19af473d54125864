import path from 'node:path';
import type { Addressing } from './addressing.ts';
import { checkout } from './folders.ts';
import { inNetns } from './namespaces.ts';
import { lastWords, type ProcessKeeper, waitFor } from './processes.ts';
import { run } from './run.ts';

const PYTHON = '/usr/bin/python3';

/** Puts `rttMs` of round trip between the laptop and everything else (see delay-relay.py). */
export async function startRelay(
  keeper: ProcessKeeper,
  plan: Addressing,
  rttMs: number,
  signal: AbortSignal,
): Promise<void> {
  const script = path.join(checkout, 'lab/stack/delay-relay.py');
  for (const [netns, link] of [
    [plan.laptopNetns, 'eth0'],
    [plan.switchNetns, 'relay-b'],
  ] as const) {
    const [file = '', ...args] = inNetns(netns, [PYTHON, script, '--complete-checksums', link]);
    await run(file, args);
  }
  const command = [PYTHON, script, 'laptop', 'relay-a', String(rttMs)];
  const relay = keeper.start({ name: 'relay', netns: plan.switchNetns, command });
  const ready = { what: 'the relay listened', timeoutMs: 15_000, needs: [relay], signal };
  await waitFor(ready, () => lastWords(relay).includes('relaying'));
}
