import type { UnlockMethod } from '../../src-shared/unlock.ts';
import type { Countdowns } from '../ask/asker.ts';
import { got } from '../ask/got.ts';
import { noteCountdown, reportProof } from '../ask/proof-report.ts';
import { whileSystemAsks } from '../ask/system-prompt.ts';
import { type CommandContext, type Ending, exit, refused } from '../context/command-context.ts';
import { fixed } from '../view/words.ts';
import type { DeviceDesk } from './device-desk.ts';

/** Refusals after which the same method may be tried again. */
const worthAnotherTry = new Set(['wrong-pin', 'too-many-attempts', 'cancelled', 'prompt-timeout']);

/** Tries one way of unlocking against the server, without connecting, until it is right or the user gives up. */
export async function tryMethod(
  method: UnlockMethod,
  desk: DeviceDesk,
  context: CommandContext,
): Promise<Ending> {
  const { asker, output, time, interrupts } = context;
  const countdowns: Countdowns = {};
  for (;;) {
    const asked = await asker.unlock(
      {
        kind: 'test',
        methods: [method],
        messages: {
          pin: fixed.testPinPrompt,
          'uv-soft': fixed.testSystemPrompt,
          'uv-hw': fixed.testSystemPrompt,
        },
        keys: { pin: fixed.keysCodeOnly, 'uv-soft': fixed.keysSystemOnly, 'uv-hw': fixed.keysSystemOnly },
        countdowns,
      },
      interrupts.signal,
    );
    const answer = got(asked, context);
    if (!answer.ok) return answer.ending;
    const answers = [answer.value];
    const result = await whileSystemAsks(asker, answers, desk.takeBack, () =>
      desk.call({ call: 'check', answer: answer.value }),
    );
    if (!result.ok && !worthAnotherTry.has(result.problem.code)) return refused(result.problem);
    reportProof(output, answers, result);
    noteCountdown(countdowns, answers, result.ok ? null : result.problem, time.now());
    if (!result.ok) continue;
    output.say(method === 'pin' ? fixed.pinRight : fixed.systemRight);
    return exit('done');
  }
}
