import { useLanguage } from '../../src-ui/strings/use-strings.ts';
import { de } from './de.ts';
import { en, type Words } from './en.ts';

const catalogues = { en, de };
export type PanelLanguage = keyof typeof catalogues;

export const wordsOf = (language: PanelLanguage): Words => catalogues[language];

/** The Control Panel's words in the language of the user; `language` picks from other catalogues of the page. */
export function useWords(): { w: Words; locale: string; language: PanelLanguage } {
  const { locale } = useLanguage();
  const language = locale.toLowerCase().startsWith('de') ? 'de' : 'en';
  return { w: catalogues[language], locale, language };
}
