import { text } from 'node:stream/consumers';
import pino from 'pino';
import * as z from 'zod';
import { createKeychain } from '../keychain.ts';

/** Runs the steps that come as JSON on stdin against the keychain of its own environment; prints the answers. */
const steps = z.array(
  z.discriminatedUnion('do', [
    z.object({ do: z.literal('get'), account: z.string() }),
    z.object({ do: z.literal('set'), account: z.string(), value: z.string() }),
    z.object({ do: z.literal('delete'), account: z.string() }),
  ]),
);

const keychain = createKeychain({
  platform: process.platform,
  env: process.env,
  log: pino({ level: 'silent' }),
});
const answers: unknown[] = [];
for (const step of steps.parse(JSON.parse(await text(process.stdin)))) {
  if (step.do === 'get') answers.push(await keychain.get(step.account));
  else {
    const result =
      step.do === 'set' ? await keychain.set(step.account, step.value) : await keychain.delete(step.account);
    answers.push(result.ok ? 'ok' : result.problem.code);
  }
}
process.stdout.write(JSON.stringify(answers));
