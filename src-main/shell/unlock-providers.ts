import type { BrowserWindow } from 'electron';
import type { Logger } from 'pino';
import type { UnlockProvider } from '../../src-client/unlock/provider.ts';
import { createTouchIdProvider } from '../app/touch-id-provider.ts';
import { type ShellProviderKind, unlockProviderKinds } from '../app/unlock-provider-kinds.ts';
import { createWebAuthnProvider } from '../app/webauthn-provider.ts';
import type { Words } from '../app/words.ts';
import { serveUnlockPage } from './page-protocol.ts';
import { openUnlockSession } from './session-hardening.ts';
import { createUnlockWindows, type UnlockWindows } from './unlock-window.ts';
import { setUpWebAuthn, touchIdPrompt } from './webauthn-set-up.ts';

export interface UnlockProvidersOptions {
  platform: string;
  isPackaged: boolean;
  env: Readonly<Record<string, string | undefined>>;
  /** Absolute paths of the unlock window's preload and of the folder of its page. */
  preload: string;
  pageFolder: string;
  parent: () => BrowserWindow | null;
  isDark: () => boolean;
  words: () => Words;
  /** Whom a window says that it asks for. */
  account: () => { serverName: string; email: string } | null;
  /** Milliseconds, never set back. */
  monotonic: () => number;
  log: Logger;
}

/** The ways to ask the user that need Electron, best first, and the windows that one of them opens. */
export function createUnlockProviders(options: UnlockProvidersOptions): {
  providers: UnlockProvider[];
  windows: UnlockWindows;
} {
  const { platform, isPackaged, env, words, account, monotonic, log } = options;
  const session = openUnlockSession(platform);
  serveUnlockPage(session, options.pageFolder);
  const windows = createUnlockWindows({
    page: { preload: options.preload, session, isPackaged },
    parent: options.parent,
    isDark: options.isDark,
    log,
  });
  const make: Record<ShellProviderKind, () => UnlockProvider> = {
    webauthn() {
      const isInstalled = setUpWebAuthn({ platform, isPackaged, promptReason: words().touchIdReason });
      return createWebAuthnProvider({ ask: windows.ask, isInstalled, platform, words, account, monotonic });
    },
    'touch-id': () => createTouchIdProvider(touchIdPrompt),
  };
  const providers = unlockProviderKinds({ platform, isPackaged, env }).map((kind) => make[kind]());
  return { providers, windows };
}
