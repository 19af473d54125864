import * as z from 'zod';
import { create } from 'zustand';

const KEY = 'postern-panel';
const preferences = z.object({
  theme: z.enum(['system', 'light', 'dark']).catch('system'),
  language: z.enum(['system', 'en', 'de']).catch('system'),
});
export type Preferences = z.infer<typeof preferences>;

/** Theme and language of this browser: nothing that the server needs to know. */
export const usePreferences = create<Preferences>()(() => preferences.parse(stored()));

export function prefer(change: Partial<Preferences>): void {
  usePreferences.setState(change);
  try {
    localStorage.setItem(KEY, JSON.stringify(usePreferences.getState()));
  } catch {
    // A browser that keeps nothing: the choice holds until the page is closed.
  }
}

function stored(): unknown {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? '{}') ?? {};
  } catch {
    return {};
  }
}
