import { createContext, useContext } from 'react';
import type { Language } from './strings/language.ts';

/**
 * What the shared parts need of the page that they stand in: the window of the app, or the Control Panel in a browser.
 * Parts, strings and times read nothing else, so that both pages are built from them.
 */
export interface Surroundings {
  language: Language;
  /** The server's clock minus this computer's, milliseconds. */
  clockOffsetMs: number;
  /** Counts up each time that the screen is locked. */
  lockCount: number;
  /** Puts text on the clipboard; resolves to whether it is there. */
  copy: (text: string) => Promise<boolean>;
}

const Context = createContext<Surroundings | null>(null);
export const SurroundingsProvider = Context.Provider;

export function useSurroundings(): Surroundings {
  const surroundings = useContext(Context);
  if (surroundings === null) throw new Error('no surroundings');
  return surroundings;
}
