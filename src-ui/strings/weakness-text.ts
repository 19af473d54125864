import { passwordTooWeakExtra } from '../../src-shared/password-rules.ts';
import type { Strings } from './en.ts';
import type { Told } from './problem-text.ts';

/** Why a new password was refused, for its field; null for every other problem. */
export function weaknessText(problem: Told | null, t: Strings): string | null {
  if (problem?.code !== 'password-too-weak') return null;
  const extra = passwordTooWeakExtra.safeParse(problem);
  return extra.success ? t.passwordWeakness[extra.data.why] : t.problems['password-too-weak'];
}
