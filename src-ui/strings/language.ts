import { de } from './de.ts';
import { en, type Strings } from './en.ts';

const catalogues = { en, de };
/** The languages that each catalogue is in. */
export type LanguageKey = keyof typeof catalogues;
export type LanguageChoice = 'system' | LanguageKey;

export interface Language {
  t: Strings;
  /** BCP 47, for Intl: the user's region where the language agrees. */
  locale: string;
}

/** Which catalogues serve a locale: English where there are none of its language. */
export function languageIn(locale: string): LanguageKey {
  return locale.toLowerCase().split('-')[0] === 'de' ? 'de' : 'en';
}

/** The words and the locale of the user: their choice, else the operating system's, else English. */
export function languageOf(choice: LanguageChoice, systemLocale: string): Language {
  const [systemLanguage] = systemLocale.toLowerCase().split('-');
  const language = choice === 'system' ? languageIn(systemLocale) : choice;
  const locale = systemLanguage === language ? systemLocale : language;
  return { t: catalogues[language], locale };
}
