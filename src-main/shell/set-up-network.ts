import { net } from 'electron';
import type { ClientCore } from '../../src-client/core.ts';
import type { AppState } from '../app/app-state.ts';
import { watchOnline } from '../app/online-watch.ts';

/** The window hears whether there is a network, and the core that there is one again. */
export function setUpNetwork(core: ClientCore, state: AppState): { stop(): void } {
  return watchOnline({
    isOnline: () => net.isOnline(),
    onOnline: (isOnline) => {
      state.setOnline(isOnline);
      if (isOnline) core.systemEvent('network-changed');
    },
  });
}
