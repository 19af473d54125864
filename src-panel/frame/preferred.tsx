import { type ReactNode, useEffect, useMemo } from 'react';
import { languageOf } from '../../src-ui/strings/language.ts';
import { SurroundingsProvider } from '../../src-ui/surroundings.ts';
import { useClock } from '../store/clock-store.ts';
import { usePreferences } from '../store/preferences-store.ts';

async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** The shared parts in a browser: language and theme as chosen here, else as the system says; the server's clock. */
export function Preferred({ children }: { children: ReactNode }) {
  const choice = usePreferences((preferences) => preferences.language);
  const theme = usePreferences((preferences) => preferences.theme);
  const clockOffsetMs = useClock((clock) => clock.offsetMs);
  const surroundings = useMemo(
    () => ({ language: languageOf(choice, navigator.language), clockOffsetMs, lockCount: 0, copy }),
    [choice, clockOffsetMs],
  );
  const { locale } = surroundings.language;
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
    document.documentElement.lang = locale;
  }, [theme, locale]);
  return <SurroundingsProvider value={surroundings}>{children}</SurroundingsProvider>;
}
