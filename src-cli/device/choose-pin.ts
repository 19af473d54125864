import { pinText, pinWeakness } from '../../src-shared/pin-rules.ts';
import { type Got, got } from '../ask/got.ts';
import type { CommandContext } from '../context/command-context.ts';
import { fixed, pinWeaknessSentence } from '../view/words.ts';

/** Asks for a new PIN twice; a weak one is refused at once, before anything is sent. */
export async function choosePin(context: CommandContext): Promise<Got<string>> {
  const { asker, output, interrupts } = context;
  output.say(fixed.newPinIntro);
  for (;;) {
    const asked = await asker.text(
      {
        kind: 'new-pin',
        message: fixed.newPinPrompt,
        isSecret: true,
        check(text) {
          const weakness = pinWeakness(text);
          return weakness === null ? null : pinWeaknessSentence[weakness];
        },
      },
      interrupts.signal,
    );
    const first = got(asked, context);
    if (!first.ok) return first;
    const repeated = got(
      await asker.text(
        { kind: 'repeat-pin', message: fixed.repeatPinPrompt, isSecret: true },
        interrupts.signal,
      ),
      context,
    );
    if (!repeated.ok) return repeated;
    if (pinText(repeated.value) === pinText(first.value)) return first;
    output.say(fixed.pinsDiffer);
    output.event({ event: 'unusable', kind: 'repeat-pin', detail: fixed.pinsDiffer });
  }
}

/** Yes or no, in words. */
export async function agrees(context: CommandContext, question: string): Promise<Got<boolean>> {
  const asked = await context.asker.text(
    {
      kind: 'set-up',
      message: question,
      isSecret: false,
      check: (text) => (/^(y|yes|n|no)$/i.test(text.trim()) ? null : fixed.yesOrNo),
    },
    context.interrupts.signal,
  );
  const answer = got(asked, context);
  return answer.ok ? { ok: true, value: /^y/i.test(answer.value.trim()) } : answer;
}
