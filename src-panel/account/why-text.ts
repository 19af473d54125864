import type { AccountAnswer } from '../../src-shared/panel/account.ts';
import type { Strings } from '../../src-ui/strings/en.ts';
import type { LanguageKey } from '../../src-ui/strings/language.ts';

const codes = {
  regenerateBackupCodes: 'code-sign-in-required',
  turnOffMfa: 'mfa-kept',
  replaceFactor: 'factor-disabled',
} as const;

/** Why something may not be done now, '' when it may. The server's sentence is English; else that of the refusal. */
export function whyText(
  account: AccountAnswer,
  what: keyof typeof codes,
  { t, language }: { t: Strings; language: LanguageKey },
): string {
  const { isAllowed, why } = account.may[what];
  if (isAllowed) return '';
  if (language === 'en' && why !== null) return why;
  return t.problems[account.factor?.isDisabled ? 'factor-disabled' : codes[what]];
}
