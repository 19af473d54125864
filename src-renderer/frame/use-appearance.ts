import { useEffect } from 'react';
import { useLanguage } from '../../src-ui/strings/use-strings.ts';
import { useSnapshot } from '../store/snapshot-store.ts';

/** Puts theme and language of the user on the document, where the style sheet and screen readers look. */
export function useAppearance(): void {
  const theme = useSnapshot((s) => s.settings.theme);
  const { locale } = useLanguage();
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
    document.documentElement.lang = locale;
  }, [theme, locale]);
}
