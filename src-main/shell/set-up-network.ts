import { net } from 'electron';
import type { AppState } from '../app/app-state.ts';
import { watchOnline } from '../app/online-watch.ts';

/** The window hears whether there is a network; the core looks by itself. */
export function setUpNetwork(state: AppState): { stop(): void } {
  return watchOnline({
    isOnline: () => net.isOnline(),
    onOnline: (isOnline) => state.setOnline(isOnline),
  });
}
