import { checkLines } from '../../src-node/check.ts';
import { type CommandContext, type Ending, exit, refused } from '../context/command-context.ts';
import { statusReport } from '../view/status-report.ts';
import { currentView } from './current-view.ts';

/**
 * `postern doctor`: what is not as it should be on this computer, with what to do, for people and for monitoring. Not
 * being connected is not wrong. Ends with `failed` when something is.
 */
export async function doctor(context: CommandContext): Promise<Ending> {
  const current = await currentView(context, { mustBeSignedIn: false });
  if (!current.ok) return refused(current.problem);
  const { view, pid, refreshed } = current.value;
  const report = statusReport(view, refreshed, pid !== null, context.time);
  const checks = report
    .filter(({ part }) => part !== 'connection' || pid !== null)
    .map(({ part: id, isFine: ok, sentence: detail, nextStep: remedy }) => ({ id, ok, detail, remedy }));
  const ok = checks.every((check) => check.ok);
  context.output.event({ event: 'doctor', ok, checks });
  for (const line of checkLines(checks)) context.output.say(line);
  return exit(ok ? 'done' : 'failed');
}
