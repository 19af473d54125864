import path from 'node:path';
import type { Addressing } from './addressing.ts';
import { checkout } from './folders.ts';
import { inNetns, port } from './namespaces.ts';
import { lastWords, type ProcessKeeper, waitFor } from './processes.ts';
import { run } from './run.ts';

const PYTHON = '/usr/bin/python3';

/** Lines for `ipBatch`: the laptop's end becomes one side of the relay, a port of `master` the other. */
export function relayLinks(master: string): string[] {
  return [
    'link add relay-a type veth peer name relay-b',
    'link set laptop addrgenmode none',
    'link set laptop up',
    'link set relay-a addrgenmode none',
    'link set relay-a up',
    ...port('relay-b', master),
  ];
}

/** Puts `rttMs` of round trip between the laptop and everything else (see delay-relay.py). */
export async function startRelay(
  keeper: ProcessKeeper,
  plan: Addressing,
  rttMs: number,
  signal: AbortSignal,
): Promise<void> {
  const script = path.join(checkout, 'lab/stack/delay-relay.py');
  const netns = plan.routed?.lanNetns ?? plan.switchNetns;
  for (const [where, link] of [
    [plan.laptopNetns, 'eth0'],
    [netns, 'relay-b'],
  ] as const) {
    const [file = '', ...args] = inNetns(where, [PYTHON, script, '--complete-checksums', link]);
    await run(file, args);
  }
  const command = [PYTHON, script, 'laptop', 'relay-a', String(rttMs)];
  const relay = keeper.start({ name: 'relay', netns, command });
  const ready = { what: 'the relay listened', timeoutMs: 15_000, needs: [relay], signal };
  await waitFor(ready, () => lastWords(relay).includes('relaying'));
}
