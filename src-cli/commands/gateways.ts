import { type CommandContext, type Ending, exit, refused } from '../context/command-context.ts';
import { columnsOf, padTo } from '../view/columns.ts';
import type { View } from '../view/view-schema.ts';
import { fixed } from '../view/words.ts';
import { currentView } from './current-view.ts';

/** `postern gateways`: name, whether it is online, how near, id; and of which it is known that they do not work. */
export async function gateways(context: CommandContext): Promise<Ending> {
  const { output } = context;
  const current = await currentView(context, { mustBeSignedIn: true, measuresGateways: true });
  if (!current.ok) return refused(current.problem);
  const { view, refreshed } = current.value;
  if (!refreshed.ok) return refused(refreshed.problem);
  output.event({ event: 'gateways', gateways: view.gateways });
  if (view.gateways.length === 0) output.say(fixed.noGateways);
  for (const line of table(view.gateways)) output.say(line);
  for (const { name, trouble } of view.gateways) if (trouble !== null) output.say(fixed.gatewayTrouble(name));
  return exit('done');
}

function table(gateways: View['gateways']): string[] {
  const rows = gateways.map(({ name, isOnline, rttMs, id }) => ({
    name,
    state: isOnline ? 'online ' : 'offline',
    near: rttMs === null ? '–' : `${rttMs} ms`,
    id,
  }));
  const nameWidth = Math.max(0, ...rows.map(({ name }) => columnsOf(name)));
  const nearWidth = Math.max(0, ...rows.map(({ near }) => near.length));
  return rows.map(
    ({ name, state, near, id }) => `${padTo(name, nameWidth)}  ${state}  ${near.padStart(nearWidth)}  ${id}`,
  );
}
