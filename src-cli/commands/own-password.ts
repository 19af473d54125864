import type { ClientCore } from '../../src-client/core.ts';
import { got } from '../ask/got.ts';
import { type CommandContext, type Ending, exit, refused } from '../context/command-context.ts';
import { fixed, problemWords } from '../view/words.ts';

/**
 * Asks for a password in place of a temporary one, twice, until the server takes it; ends with `done` when there is a
 * session. How good it must be is the server's to say.
 */
export async function chooseOwnPassword(
  passwordToken: string,
  core: Pick<ClientCore, 'signInNewPassword'>,
  context: CommandContext,
  cancelled: Ending,
): Promise<Ending> {
  const { asker, output, interrupts } = context;
  const ask = async (kind: 'new-password' | 'repeat-password', message: string) =>
    got(
      await asker.text(
        { kind, message, isSecret: true, check: (text) => (text === '' ? fixed.emptyPassword : null) },
        interrupts.signal,
      ),
      context,
      cancelled,
    );
  output.say(fixed.newPasswordIntro);
  for (;;) {
    const first = await ask('new-password', fixed.newPasswordPrompt);
    if (!first.ok) return first.ending;
    const again = await ask('repeat-password', fixed.repeatPasswordPrompt);
    if (!again.ok) return again.ending;
    if (again.value !== first.value) {
      output.say(fixed.passwordsDiffer);
      output.event({ event: 'unusable', kind: 'repeat-password', detail: fixed.passwordsDiffer });
      continue;
    }
    const answer = await core.signInNewPassword(passwordToken, first.value);
    if (answer.ok) return exit('done');
    if (answer.problem.code !== 'password-too-weak') return refused(answer.problem);
    const { sentence } = problemWords(answer.problem);
    output.say(sentence);
    output.event({ event: 'unusable', kind: 'new-password', detail: sentence });
  }
}
