import type { PosternBridge } from '../src-shared/app-ipc.ts';

declare global {
  interface Window {
    /** From the preload: the only way out of this page. */
    readonly postern: PosternBridge;
  }
}
