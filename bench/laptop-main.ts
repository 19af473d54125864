/** Runs on the laptop of the local stack: `laptop-main.ts STACK_JSON TARGET_NETNS TARGET_ADDRESS REPEATS`. Prints rows. */

import { deafClient, obedientClient, openBench } from './laptop.ts';
import { EchoProbe, SendProbe } from './probe.ts';
import { Samples } from './stats.ts';

const PORT = 9107;
const [stackJson = '', targetNetns = '', target = '', repeats = '30'] = process.argv.slice(2);

const opened = await openBench(stackJson);
const echo = await EchoProbe.start(['nsenter', `--net=/run/netns/${targetNetns}`, '--'], target, PORT);
const sender = await SendProbe.start(target, PORT, 1000);
const samples = new Samples();
const bench = {
  ...opened,
  samples,
  sender,
  lastPacket: (after: number, quietMs: number) => echo.lastPacket(after, quietMs),
};
const count = Number(repeats);
try {
  for (const [index, member] of bench.stack.members.slice(0, count).entries()) {
    await obedientClient(bench, member);
    process.stderr.write(`\r  obedient client ${index + 1}/${count} `);
  }
  process.stderr.write('\n');
  for (const [index, member] of bench.stack.members.slice(count, 2 * count).entries()) {
    await deafClient(bench, member);
    process.stderr.write(`\r  deaf client ${index + 1}/${count} `);
  }
  process.stderr.write('\n');
} finally {
  sender.stop();
  echo.stop();
  await bench.api.close();
}
for (const row of samples.rows()) console.log(JSON.stringify(row));
