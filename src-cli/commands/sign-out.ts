import { problem } from '../../src-shared/problem.ts';
import { type CommandContext, type Ending, exit, refused } from '../context/command-context.ts';
import { openControl } from '../control/control-client.ts';
import { fixed } from '../view/words.ts';

/** `postern sign-out`: ends the session, and the connection with it. */
export async function signOut(context: CommandContext): Promise<Ending> {
  const { output } = context;
  const running = await openControl(context.controlPath);
  if (running.kind === 'silent')
    return refused(problem('wrong-state', 'The running connection does not answer.'));
  if (running.kind === 'open') {
    const answer = await running.client.request({ method: 'sign-out' });
    if (answer.ok) await running.client.ended;
    running.client.close();
    if (!answer.ok) return refused(answer.problem);
  } else {
    const core = context.openCore();
    try {
      await core.start();
      if (core.snapshot().connection.phase === 'signed-out') {
        output.say(fixed.notSignedIn);
        output.event({ event: 'signed-out', wasSignedIn: false });
        return exit('done');
      }
      const result = await core.signOut('cli');
      if (!result.ok) return refused(result.problem);
    } finally {
      await core.stop();
    }
  }
  output.say(fixed.signedOutNow);
  output.event({ event: 'signed-out', wasSignedIn: true });
  return exit('done');
}
