import { useSurroundings } from '../surroundings.ts';
import type { Language } from './language.ts';

export function useLanguage(): Language {
  return useSurroundings().language;
}
