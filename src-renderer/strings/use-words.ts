import { type Language, type LanguageKey, languageIn } from '../../src-ui/strings/language.ts';
import { useLanguage } from '../../src-ui/strings/use-strings.ts';
import { de } from './de.ts';
import { en, type Words } from './en.ts';

const catalogues: Record<LanguageKey, Words> = { en, de };

/** The words of the window `w` beside those of the shared parts `t`, in the language of the user. */
export type AppLanguage = Language & { w: Words };

export const wordsIn = (locale: string): Words => catalogues[languageIn(locale)];

export function useWords(): AppLanguage {
  const language = useLanguage();
  return { ...language, w: wordsIn(language.locale) };
}
