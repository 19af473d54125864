import { type CommandContext, type Ending, exit, refused } from '../context/command-context.ts';
import { fixed } from '../view/words.ts';
import { currentView } from './current-view.ts';

/** `postern gateways`: name, whether it is online, id. */
export async function gateways(context: CommandContext): Promise<Ending> {
  const { output } = context;
  const current = await currentView(context, { mustBeSignedIn: true });
  if (!current.ok) return refused(current.problem);
  const { view, refreshed } = current.value;
  if (!refreshed.ok) return refused(refreshed.problem);
  output.event({ event: 'gateways', gateways: view.gateways });
  if (view.gateways.length === 0) output.say(fixed.noGateways);
  const width = Math.max(0, ...view.gateways.map(({ name }) => name.length));
  for (const { name, isOnline, id } of view.gateways)
    output.say(`${name.padEnd(width)}  ${isOnline ? 'online ' : 'offline'}  ${id}`);
  return exit('done');
}
