/**
 * Runs on the laptop of the local stack: `laptop-main.ts STACK_JSON TARGET_NETNS TARGET_ADDRESS PART FIRST REPEATS`.
 * PART is `codes`, which takes two members for each repeat, or `pin` or `obedient`, which take one, from member FIRST on.
 * Two last arguments are for `obedient`: what heads its rows, and `by-name` for clients whose server has a name, and a
 * resolver that dies once they have signed in. Prints samples.
 */

import { SERVER_NAME } from '../lab/stack/name-answer.ts';
import { routedPlan, setNamesBlocked } from '../lab/stack/net-controls.ts';
import type { StackFile } from '../src-shared/stack-file.ts';
import { type Bench, type BenchMember, openBench } from './bench.ts';
import { deafClient, obedientClient } from './laptop.ts';
import { pinClient } from './pin-client.ts';
import { EchoProbe, SendProbe } from './probe.ts';
import { Samples } from './stats.ts';

const PORT = 9107;
const [
  stackJson = '',
  targetNetns = '',
  target = '',
  part = '',
  first = '0',
  repeats = '30',
  variant,
  naming,
] = process.argv.slice(2);
if (part !== 'codes' && part !== 'pin' && part !== 'obedient') throw new Error(`no such part: ${part}`);

const opened = await openBench(stackJson);
const echo = await EchoProbe.start(['nsenter', `--net=/run/netns/${targetNetns}`, '--'], target, PORT);
const sender = await SendProbe.start(target, PORT, 1000);
const samples = new Samples();
const byName = naming === 'by-name' ? namedServer(opened.stack) : undefined;
const bench = {
  ...opened,
  samples,
  ...(variant === undefined ? {} : { variant }),
  ...(byName === undefined ? {} : { byName }),
  sender,
  lastPacket: (after: number, quietMs: number) => echo.lastPacket(after, quietMs),
};
const count = Number(repeats);
const members = bench.stack.members.slice(Number(first));
const clients: readonly (readonly [
  name: string,
  day: (bench: Bench, member: BenchMember) => Promise<void>,
])[] =
  part === 'pin'
    ? [['client with a PIN', pinClient]]
    : [
        ['obedient client', obedientClient],
        ...(part === 'codes' ? [['deaf client', deafClient] as const] : []),
      ];
try {
  for (const [name, day] of clients) {
    for (const [index, member] of members.splice(0, count).entries()) {
      await day(bench, member);
      process.stderr.write(`\r  ${name} ${index + 1}/${count} `);
    }
    process.stderr.write('\n');
  }
} finally {
  sender.stop();
  echo.stop();
  await bench.api.close();
}
for (const sample of samples.all()) console.log(JSON.stringify(sample));

function namedServer(stack: StackFile): NonNullable<Bench['byName']> {
  const url = new URL(stack.serverUrl);
  url.hostname = SERVER_NAME;
  const plan = routedPlan(stack);
  return { serverUrl: url.origin, setResolver: (isAlive) => setNamesBlocked(plan, !isAlive) };
}
