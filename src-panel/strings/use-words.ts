import { type LanguageKey, languageIn } from '../../src-ui/strings/language.ts';
import { useLanguage } from '../../src-ui/strings/use-strings.ts';
import { de } from './de.ts';
import { en, type Words } from './en.ts';

const catalogues: Record<LanguageKey, Words> = { en, de };

export const wordsOf = (language: LanguageKey): Words => catalogues[language];

/** The Control Panel's words in the language of the user; `language` picks from other catalogues of the page. */
export function useWords(): { w: Words; locale: string; language: LanguageKey } {
  const { locale } = useLanguage();
  const language = languageIn(locale);
  return { w: catalogues[language], locale, language };
}
