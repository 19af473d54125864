import { en, type Strings } from './en.ts';

/** What a problem needs to be told: the wire's shape, whatever its code. */
export interface Told {
  code: string;
  detail: string;
}

/**
 * A problem in the user's words: the sentence of its code, and what the other side added to it. `extra` is untrusted
 * plain text in the language of whoever wrote it; null when there is nothing more exact.
 */
export function problemText(problem: Told, t: Strings): { sentence: string; extra: string | null } {
  if (!hasSentence(problem.code)) return { sentence: problem.detail, extra: null };
  const isExact = problem.detail !== '' && problem.detail !== en.problems[problem.code];
  if (!isExact) return { sentence: t.problems[problem.code], extra: null };
  return t === en
    ? { sentence: problem.detail, extra: null }
    : { sentence: t.problems[problem.code], extra: problem.detail };
}

function hasSentence(code: string): code is keyof Strings['problems'] {
  return Object.hasOwn(en.problems, code);
}
