import { type Problem, problem } from '../../src-shared/problem.ts';

/** Extra members that the window may see. Anything else, such as a token between two steps of sign-in, stays in main. */
const shown = [
  'attemptsLeft',
  'drift',
  'nextCodeInMs',
  'retryAfterMs',
  'command',
  'issuer',
  'fingerprint',
  'proxy',
  'server',
  'host',
  'date',
  'isYetToCome',
  'certificateDate',
  'names',
  'offsetMs',
  'why',
] as const;

/** A problem as it may leave main: its table entry, its detail, and the extras that a screen needs. */
export function publicProblem(full: Problem): Problem {
  const extras = shown.filter((name) => full[name] !== undefined).map((name) => [name, full[name]]);
  return problem(full.code, full.detail, Object.fromEntries(extras));
}
