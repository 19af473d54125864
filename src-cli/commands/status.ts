import type { Result } from '../../src-shared/problem.ts';
import { type CommandContext, type Ending, exit, refused } from '../context/command-context.ts';
import { openControl } from '../control/control-client.ts';
import { formatClock } from '../view/format.ts';
import { narrate } from '../view/narrate.ts';
import { statusReport } from '../view/status-report.ts';
import type { View } from '../view/view-schema.ts';
import { stateSentence, trafficLine } from '../view/words.ts';
import { currentView } from './current-view.ts';

/** `postern status`: every part of the whole, with a next step where one is needed. */
export async function status(options: { watch: boolean }, context: CommandContext): Promise<Ending> {
  if (options.watch) return watch(context);
  const current = await currentView(context, { mustBeSignedIn: false });
  if (!current.ok) return refused(current.problem);
  const { view, pid, refreshed } = current.value;
  report(view, pid, refreshed, context);
  return exit(view.lockedSession ? 'keychain' : 'done');
}

function report(view: View, pid: number | null, refreshed: Result<void>, context: CommandContext): void {
  const { output, time } = context;
  const checks = statusReport(view, refreshed, pid !== null, time);
  output.event({ event: 'status', pid, ...view, checks });
  const width = Math.max(...checks.map(({ part }) => part.length)) + 2;
  for (const { part, sentence, nextStep } of checks) {
    const label = `${part[0]?.toUpperCase()}${part.slice(1)}`.padEnd(width);
    output.say(`${label}${sentence}`);
    if (nextStep !== null) output.say(`${' '.repeat(width)}${nextStep}`);
  }
}

/** Follows the running `connect` until it ends or Ctrl-C; without one, waits for the next by asking each second. */
async function watch(context: CommandContext): Promise<Ending> {
  const { output, time, interrupts } = context;
  const stopped = new Promise<void>((resolve) => {
    if (interrupts.signal.aborted) resolve();
    interrupts.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const say = (line: string) => output.say(`${formatClock(time.now(), time, true)}  ${line}`);
  let saidIdle = false;
  while (!interrupts.signal.aborted) {
    const running = await openControl(context.controlPath);
    if (running.kind !== 'open') {
      if (!saidIdle) {
        say('No connection is running.');
        output.event({ event: 'idle' });
      }
      saidIdle = true;
      await Promise.race([pause(1000), stopped]);
      continue;
    }
    saidIdle = false;
    const { client } = running;
    let told: View | null = null;
    const show = (view: View) => {
      output.event({ event: 'snapshot', pid: client.pid, ...view });
      const lines = told === null ? [stateSentence(view, time)] : narrate(told, view, time);
      if (told !== null && told.phase !== 'gate' && view.phase === 'gate')
        lines.push(stateSentence(view, time));
      for (const line of lines) say(line);
      output.status(view.phase === 'connected' ? trafficLine(view, time) : null);
      told = view;
    };
    client.onView(show);
    const first = await client.request({ method: 'watch' });
    if (first.ok) {
      show(first.value);
      await Promise.race([client.ended, stopped]);
    }
    client.close();
    output.status(null);
  }
  return exit('done');
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
