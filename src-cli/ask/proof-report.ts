import type { Problem, Result } from '../../src-shared/problem.ts';
import type { ProofAnswer } from '../../src-shared/unlock.ts';
import type { Output } from '../view/output.ts';
import { fixed, problemWords, waitOf } from '../view/words.ts';
import type { Countdowns } from './asker.ts';
import { countdownAfter } from './countdown.ts';

/** Tells the server's word on answers: a `proof` event, and for a refusal the sentence. Never what was answered. */
export function reportProof(
  output: Output,
  answers: readonly Pick<ProofAnswer, 'method'>[],
  result: Result<unknown>,
): void {
  const methods = answers.map(({ method }) => method);
  const told = { event: 'proof', method: methods[0] ?? null, methods };
  if (result.ok) {
    output.event({ ...told, ok: true });
    return;
  }
  const { problem } = result;
  if (problem.code === 'cancelled') {
    output.event({
      ...told,
      ok: false,
      problem: { code: problem.code, detail: fixed.takenBack },
      waitMs: null,
    });
    output.say(fixed.takenBack);
    return;
  }
  const { sentence, nextStep } = problemWords(
    problem,
    methods.includes('backup-code') ? 'backup-code' : 'totp',
  );
  const waitMs = waitOf(problem);
  output.event({ ...told, ok: false, problem: { code: problem.code, detail: sentence }, waitMs });
  output.say(nextStep === null ? sentence : `${sentence} ${nextStep}`);
}

/** Keeps what a refusal makes wait for, for the method that it is about; everything that was answered else is free. */
export function noteCountdown(
  countdowns: Countdowns,
  answers: readonly Pick<ProofAnswer, 'method'>[],
  refusal: Problem | null,
  now: number,
): void {
  for (const { method } of answers) delete countdowns[method];
  const countdown = refusal && countdownAfter(refusal, now);
  if (!countdown) return;
  const isAboutCode = refusal.code === 'code-already-used';
  // The unlock proof is checked first, so a wait that could be about either is about it.
  const about = isAboutCode ? answers.find(({ method }) => method === 'totp') : answers[0];
  if (about) countdowns[about.method] = countdown;
}
