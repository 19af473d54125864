import { type Problem, problem } from './problem.ts';

/**
 * A one-time password that was used before. `nextCodeInMs`: until the authenticator shows one that can be used; 0 when
 * it does so already, because the step of the used code is over.
 */
export function usedCodeProblem(nextCodeInMs: number): Problem {
  const newest = 'That code was already used. Enter the one that your authenticator shows now.';
  return problem('code-already-used', nextCodeInMs === 0 ? newest : undefined, { nextCodeInMs });
}
