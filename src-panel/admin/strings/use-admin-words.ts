import type { LanguageKey } from '../../../src-ui/strings/language.ts';
import type { Words } from '../../strings/en.ts';
import { useWords } from '../../strings/use-words.ts';
import { de } from './de.ts';
import { type AdminWords, en } from './en.ts';

const catalogues: Record<LanguageKey, AdminWords> = { en, de };

/** The administrators' words `a` beside the ones `w` that every page has, in the language of the user. */
export function useAdminWords(): { a: AdminWords; w: Words; locale: string } {
  const { w, locale, language } = useWords();
  return { a: catalogues[language], w, locale };
}
