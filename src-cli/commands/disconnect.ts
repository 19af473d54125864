import { problem } from '../../src-shared/problem.ts';
import { type CommandContext, type Ending, exit, refused } from '../context/command-context.ts';
import { openControl } from '../control/control-client.ts';
import { fixed } from '../view/words.ts';

/** `postern disconnect`: asks the running `connect` to end. Nothing running is no failure. */
export async function disconnect({ controlPath, output }: CommandContext): Promise<Ending> {
  const running = await openControl(controlPath);
  if (running.kind === 'silent')
    return refused(problem('wrong-state', 'The running connection does not answer.'));
  if (running.kind !== 'open') {
    output.say(fixed.nothingToDisconnect);
    output.event({ event: 'disconnected', wasRunning: false });
    return exit('done');
  }
  const { client } = running;
  const answer = await client.request({ method: 'disconnect' });
  if (answer.ok) await client.ended;
  client.close();
  if (!answer.ok) return refused(answer.problem);
  output.say(fixed.disconnectedByWish);
  output.event({ event: 'disconnected', wasRunning: true });
  return exit('done');
}
