import { Command } from 'commander';
import { stackArguments, withStackOptions } from '../lab/stack/options.ts';
import { explain } from '../lab/stack/stack-error.ts';
import { type RunningStack, startStack } from '../lab/stack/start-stack.ts';
import { enterUserNamespace } from '../lab/stack/unprivileged.ts';
import { playByHand } from './story/by-hand.ts';
import { playOnDesktop, wantsDesktop } from './story/desktop.ts';
import { createNarrator, StoryError } from './story/narrator.ts';
import { playStory } from './story/story.ts';

const command = withStackOptions(
  new Command('npm start --').description('Postern on this machine: play it by hand, or watch it play.'),
)
  .option('--demo', 'play the whole story without asking anything (the default without a terminal)')
  .option('--terminal', 'the terminal client, also where there is a display (or POSTERN_NO_APP=1)')
  .parse();

const options = command.opts<{ demo?: boolean; terminal?: boolean }>();
const isDemo = options.demo === true || !process.stdin.isTTY || !process.stdout.isTTY;
const print = (line: string): void => console.log(line);
const abort = new AbortController();
let ending: NodeJS.Signals | null = null;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // By hand, Ctrl-C belongs to the program in the foreground.
    if (signal === 'SIGINT' && !isDemo && stack !== null) return;
    ending = signal;
    abort.abort(new StoryError(`ended by ${signal}`));
    if (isDemo && stack !== null) void stack.stop().then(() => process.exit(130));
  });
}

// The story types codes and no PIN.
if (isDemo && stackArguments(command).policy?.length) {
  console.error(
    'the demo plays with the usual rules; leave --policy out, or use: npm run stack -- --policy …',
  );
  process.exit(1);
}
let stack: RunningStack | null = null;
const begin = performance.now();
try {
  await enterUserNamespace();
  print('Bringing up server, gateway and laptop on this machine …');
  const wanted = stackArguments(command);
  stack = await startStack({
    ...wanted,
    // What the product has to stand: everything through the tunnel, also what leads to the server.
    isFullTunnel: wanted.isFullTunnel || (isDemo && wanted.net === 'routed'),
    ...(isDemo ? { policy: ['trafficWhileWaiting=gate'] } : {}),
    signal: abort.signal,
    onStep: (step, tookMs) => print(`${(tookMs / 1000).toFixed(2).padStart(7)} s  ${step}`),
  });
  print(`${((performance.now() - begin) / 1000).toFixed(2).padStart(7)} s  in all`);
  if (isDemo) await playStory(stack, createNarrator(print));
  else if (
    !wantsDesktop(options.terminal === true, process.env) ||
    !(await playOnDesktop(stack, abort.signal))
  )
    await playByHand(stack, abort.signal);
  print('\nTaking everything down …');
} catch (error) {
  if (ending === null) {
    const words = error instanceof StoryError ? error.message : explain(error);
    if (words === null && !(error instanceof Error)) throw error;
    console.error(`\nFAILED  ${words ?? (error instanceof Error ? (error.stack ?? error.message) : '')}`);
  }
  process.exitCode = ending === null ? 1 : 130;
}
await stack?.stop();
if (process.exitCode === undefined && isDemo)
  print(`Every step held. Nothing is left (${((performance.now() - begin) / 1000).toFixed(1)} s in all).`);
process.exit();
