import type { Problem, Result } from '../../src-shared/problem.ts';
import type { Asked } from '../ask/asker.ts';
import { type Got, got } from '../ask/got.ts';
import { type CommandContext, type Ending, refused } from '../context/command-context.ts';
import { fixed, problemWords } from '../view/words.ts';

/** How often somebody may answer before the program ends; the server counts for itself. */
const TRIES = 3;

export interface TriesOptions<A, T> {
  /** For the `unusable` event of `--json`. */
  kind: string;
  ask: (isAgain: boolean) => Promise<Asked<A>>;
  use: (answer: A) => Promise<Result<T>>;
  /** Whether another answer may be right; any other refusal ends at once. */
  isMendable: (problem: Problem) => boolean;
  /** What giving up leads to. */
  cancelled: Ending;
}

/** Asks for an answer until it is taken, three times at most, so that what else was typed is kept. */
export async function withTries<A, T>(
  { kind, ask, use, isMendable, cancelled }: TriesOptions<A, T>,
  context: CommandContext,
): Promise<Got<T>> {
  const { output } = context;
  let refusal: Problem | null = null;
  for (let left = TRIES - 1; ; left--) {
    const asked = await ask(refusal !== null);
    if (asked.kind !== 'answer') {
      // A script that has no other answer is told what was wrong with the one that it had.
      const isScript = asked.kind === 'cancelled' && asked.by === 'end-of-input';
      return refusal && isScript ? { ok: false, ending: refused(refusal) } : got(asked, context, cancelled);
    }
    const used = await use(asked.value);
    if (used.ok) return used;
    if (left === 0 || !isMendable(used.problem)) return { ok: false, ending: refused(used.problem) };
    refusal = used.problem;
    const { sentence } = problemWords(refusal);
    output.say(`${sentence} ${fixed.triesLeft(left)}`);
    output.event({ event: 'unusable', kind, detail: sentence });
  }
}
