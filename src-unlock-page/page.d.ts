import type { UnlockBridge } from '../src-shared/unlock-page-ipc.ts';

declare global {
  interface Window {
    readonly posternUnlock: UnlockBridge;
  }
}
