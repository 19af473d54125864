import { type CommandContext, type Ending, exit } from '../context/command-context.ts';
import { fixed } from '../view/words.ts';
import type { Asked } from './asker.ts';

/** What a person gave, or the ending that follows from giving nothing. */
export type Got<T> = { ok: true; value: T } | { ok: false; ending: Ending };

/** An answer, or how the command ends without one: `cancelled`, and `proof` (said) where the input has ended. */
export function got<T>(
  asked: Asked<T>,
  { output }: CommandContext,
  cancelled: Ending = exit('cancelled'),
): Got<T> {
  if (asked.kind === 'answer') return { ok: true, value: asked.value };
  if (asked.kind === 'cancelled' && asked.by === 'end-of-input') {
    output.say(fixed.noInput);
    return { ok: false, ending: exit('proof') };
  }
  return { ok: false, ending: cancelled };
}
