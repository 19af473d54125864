import { Command } from 'commander';
import { announcement } from '../lab/stack/announce.ts';
import { stackArguments, withStackOptions } from '../lab/stack/options.ts';
import { explain, StackError } from '../lab/stack/stack-error.ts';
import { startStack } from '../lab/stack/start-stack.ts';
import { enterUserNamespace } from '../lab/stack/unprivileged.ts';

const command = withStackOptions(
  new Command('npm run stack --').description(
    'Server, gateway, laptop and a target on this machine, until Ctrl-C.',
  ),
).parse();

const wish = Promise.withResolvers<string>();
const abort = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    abort.abort(new StackError(`ended by ${signal} before the stack was ready`));
    wish.resolve(signal);
  });
}

try {
  await enterUserNamespace();
  const wished = stackArguments(command);
  const stack = await startStack({
    ...wished,
    signal: abort.signal,
    onStep: (step, tookMs) => console.log(`${(tookMs / 1000).toFixed(2).padStart(7)} s  ${step}`),
  });
  console.log(announcement(stack, wished).join('\n'));
  for (const part of stack.parts)
    void part.ended.then((end) => {
      if (!abort.signal.aborted) console.error(`${part.name} ended (${end}); its log: ${part.logFile}`);
    });
  await wish.promise;
  console.log('Taking everything down …');
  await stack.stop();
  console.log('Nothing is left.');
} catch (error) {
  const words = explain(error);
  if (words === null) throw error;
  console.error(words);
  process.exitCode = 1;
}
process.exit();
