import type { OverlapSide } from '../../src-shared/helper-rpc.ts';
import { problem } from '../../src-shared/problem.ts';
import { type CommandContext, type Ending, exit, refused } from '../context/command-context.ts';
import { openControl } from '../control/control-client.ts';
import { overlapWords } from '../view/network-words.ts';
import { fixed } from '../view/words.ts';

export type OverlapAction = OverlapSide | 'show';

/** `postern overlap …`: asks or tells the running `connect` whose a network is that team and surroundings both have. */
export async function overlap(
  action: OverlapAction,
  { controlPath, output }: CommandContext,
): Promise<Ending> {
  const running = await openControl(controlPath);
  if (running.kind === 'silent')
    return refused(problem('wrong-state', 'The running connection does not answer.'));
  if (running.kind !== 'open') {
    output.refuse(problem('wrong-state', 'No connection is running, so no network of your team is in use.'));
    return exit('notConnected');
  }
  const { client } = running;
  const answer = await client.request(
    action === 'show' ? { method: 'status' } : { method: 'overlap', side: action },
  );
  client.close();
  if (!answer.ok) return refused(answer.problem);
  const { overlap } = answer.value;
  const { sentence, nextStep } = overlap
    ? overlapWords(overlap)
    : { sentence: fixed.noOverlap, nextStep: null };
  output.say(nextStep === null ? sentence : `${sentence}\n${nextStep}`);
  output.event({ event: 'overlap', overlap });
  return exit('done');
}
