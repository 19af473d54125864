import type { Strings } from './en.ts';
import type { Told } from './problem-text.ts';

/** Why a new password was refused, for its field; null for every other problem. */
export function weaknessText(problem: Told | null, t: Strings): string | null {
  if (problem?.code !== 'password-too-weak') return null;
  const texts: Readonly<Record<string, string>> = t.passwordWeakness;
  const { why } = problem;
  const text = typeof why === 'string' && Object.hasOwn(texts, why) ? texts[why] : undefined;
  return text ?? t.problems['password-too-weak'];
}
