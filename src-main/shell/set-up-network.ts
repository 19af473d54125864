import { networkInterfaces } from 'node:os';
import { net } from 'electron';
import type { ClientCore } from '../../src-client/core.ts';
import type { AppState } from '../app/app-state.ts';
import { watchNetwork } from '../app/network-watch.ts';

/** The core hears of another network, the window of whether there is one. */
export function setUpNetwork(core: ClientCore, state: AppState): { stop(): void } {
  return watchNetwork({
    isOnline: () => net.isOnline(),
    interfaces: networkInterfaces,
    onNetworkChanged: () => core.systemEvent('network-changed'),
    onOnline: (isOnline) => state.setOnline(isOnline),
  });
}
