import { ok, problem } from '../../src-shared/problem.ts';
import { createGateSession } from '../connection/gate-session.ts';
import { type CommandContext, type Ending, exit, refused } from '../context/command-context.ts';
import { openControl, takeBackPrompt } from '../control/control-client.ts';
import { formatClock } from '../view/format.ts';
import type { View } from '../view/view-schema.ts';
import { fixed } from '../view/words.ts';

/**
 * `postern renew`: asks for a fresh proof here and hands it to the running `connect`, whose tunnel stays up. The same
 * question stands in the terminal of `connect`; whoever answers first withdraws the other.
 */
export async function renew(context: CommandContext): Promise<Ending> {
  const { output, time, interrupts } = context;
  const running = await openControl(context.controlPath);
  if (running.kind !== 'open') {
    output.refuse(problem('wrong-state', 'No connection is running that could be renewed.'));
    return exit('notConnected');
  }
  const { client } = running;
  const over = Promise.withResolvers<Ending>();
  let first: View | null = null;
  let hasAsked = false;
  const gate = createGateSession({
    asker: context.asker,
    output,
    time,
    renewEscape: fixed.escCancels,
    async submit(answers) {
      const answer = await client.request({ method: 'proof', answers: [...answers] });
      return answer.ok ? ok(undefined) : answer;
    },
    // A socket of its own: on the first one the answer to the proof is still awaited.
    takeBack: () => void takeBackPrompt(context.controlPath).catch(over.reject),
    dismiss: () => over.resolve(exit('cancelled')),
    cannotAnswer: () => over.resolve(exit('unlock')),
    interrupt: () => interrupts.raise(),
    outOfInput() {
      output.say(fixed.noInput);
      over.resolve(exit('proof'));
    },
  });
  const consider = (view: View) => {
    if (view.prompt) hasAsked = true;
    gate.update(view);
    const isLater = (view.expiresAt ?? '') > (first?.expiresAt ?? '');
    if (view.phase === 'connected' && isLater) {
      output.say(fixed.renewed(formatClock(view.expiresAt ?? '', time)));
      output.event({ event: 'renewed', expiresAt: view.expiresAt });
      over.resolve(exit('done'));
    } else if (view.phase === 'disconnected' || view.phase === 'signed-out')
      over.resolve(refused(problem('wrong-state', 'The connection ended meanwhile.')));
    else if (hasAsked && view.phase === 'connected' && !view.prompt) over.resolve(exit('cancelled'));
  };
  const onInterrupt = () => over.resolve(exit('cancelled'));
  interrupts.signal.addEventListener('abort', onInterrupt);
  client.onView(consider);
  try {
    const watching = await client.request({ method: 'watch' });
    if (!watching.ok) return refused(watching.problem);
    first = watching.value;
    const asked = await client.request({ method: 'renew' });
    if (!asked.ok) return refused(asked.problem);
    consider(asked.value);
    void client.ended.then(() =>
      over.resolve(refused(problem('wrong-state', 'The connection ended meanwhile.'))),
    );
    return await over.promise;
  } finally {
    gate.stop();
    interrupts.signal.removeEventListener('abort', onInterrupt);
    client.close();
  }
}
