import { inTurn } from '../../src-node/in-turn.ts';
import { fail, ok, type Result } from '../../src-shared/problem.ts';
import type { PromptResult } from './provider.ts';

/** Nobody answers: the question is taken back. */
export const PROMPT_LIMIT_MS = 60_000;

/** Calls back once after `delayMs` unless the returned function was called before. */
export type StartTimer = (delayMs: number, onDue: () => void) => () => void;

export const startTimer: StartTimer = (delayMs, onDue) => {
  const timer = setTimeout(onDue, delayMs);
  return () => clearTimeout(timer);
};

/** Puts questions of the system to the user, one at a time, and says in our words how each has ended. */
export interface SystemPrompt {
  /**
   * `cancelled`: by the user or by `signal`. `prompt-timeout`: after `limitMs`, at most 60 s. `unlock-refused`: the
   * system asked and said no. `unlock-unavailable`: it could not ask.
   */
  ask<T>(
    question: (signal: AbortSignal) => Promise<PromptResult<T>>,
    options: { signal: AbortSignal; limitMs?: number },
  ): Promise<Result<T>>;
}

export function createSystemPrompt(timer: StartTimer = startTimer): SystemPrompt {
  const run = inTurn();
  return {
    ask(question, { signal, limitMs = PROMPT_LIMIT_MS }) {
      // A question that was taken back may still be on its way off the screen.
      return run(() => askOne(question, signal, Math.min(limitMs, PROMPT_LIMIT_MS), timer));
    },
  };
}

async function askOne<T>(
  question: (signal: AbortSignal) => Promise<PromptResult<T>>,
  signal: AbortSignal,
  limitMs: number,
  timer: StartTimer,
): Promise<Result<T>> {
  if (signal.aborted) return fail('cancelled');
  const taken = new AbortController();
  let isLate = false;
  const stopTimer = timer(Math.max(0, limitMs), () => {
    isLate = true;
    taken.abort();
  });
  const answer = await question(AbortSignal.any([signal, taken.signal]));
  stopTimer();
  // What was taken back counts for nothing, even if the user said yes in the same moment.
  if (signal.aborted) return fail('cancelled');
  if (isLate) return fail('prompt-timeout');
  switch (answer.outcome) {
    case 'verified':
      return ok(answer.value);
    case 'cancelled':
      return fail('cancelled');
    case 'refused':
      return fail(
        'unlock-refused',
        'The system did not confirm that it is you. Try again, or use another way.',
      );
    case 'unavailable':
      return fail('unlock-unavailable');
    case 'failed':
      return fail('unlock-unavailable', 'The system could not ask you. Use another way.');
  }
}
