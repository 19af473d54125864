import { type ReactNode, useMemo } from 'react';
import { languageOf } from '../../src-ui/strings/language.ts';
import { SurroundingsProvider } from '../../src-ui/surroundings.ts';
import { useSnapshot } from '../store/snapshot-store.ts';

async function copy(text: string): Promise<boolean> {
  return (await window.postern.invoke('clipboard.write', { text })).ok;
}

/** The shared parts in the window of the app: everything comes from main. */
export function AppSurroundings({ children }: { children: ReactNode }) {
  const choice = useSnapshot((s) => s.settings.language);
  const systemLocale = useSnapshot((s) => s.app.locale);
  const clockOffsetMs = useSnapshot((s) => s.clockOffsetMs) ?? 0;
  const lockCount = useSnapshot((s) => s.unlock.lockCount);
  const surroundings = useMemo(
    () => ({ language: languageOf(choice, systemLocale), clockOffsetMs, lockCount, copy }),
    [choice, systemLocale, clockOffsetMs, lockCount],
  );
  return <SurroundingsProvider value={surroundings}>{children}</SurroundingsProvider>;
}
