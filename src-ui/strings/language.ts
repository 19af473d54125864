import { de } from './de.ts';
import { en, type Strings } from './en.ts';

export type LanguageChoice = 'system' | 'en' | 'de';

export interface Language {
  t: Strings;
  /** BCP 47, for Intl: the user's region where the language agrees. */
  locale: string;
}

/** The words and the locale of the user: their choice, else the operating system's, else English. */
export function languageOf(choice: LanguageChoice, systemLocale: string): Language {
  const [systemLanguage] = systemLocale.toLowerCase().split('-');
  const language = choice === 'system' ? (systemLanguage === 'de' ? 'de' : 'en') : choice;
  const locale = systemLanguage === language ? systemLocale : language;
  return { t: language === 'de' ? de : en, locale };
}
