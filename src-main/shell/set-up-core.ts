import { join } from 'node:path';
import { nativeTheme } from 'electron';
import type { ClientCore } from '../../src-client/core.ts';
import { createClientCore } from '../../src-client/create-core.ts';
import type { Words } from '../app/words.ts';
import type { Launch } from './launch.ts';
import { createUnlockProviders } from './unlock-providers.ts';
import type { UnlockWindows } from './unlock-window.ts';
import type { MainWindow } from './window.ts';

/** The client core, with the ways to ask the user that need Electron. Nothing is opened or asked before `start`. */
export function setUpCore(
  launch: Launch,
  { window, words }: { window: MainWindow; words: () => Words },
): { core: ClientCore; unlockWindows: UnlockWindows } {
  const { platform, isPackaged, env, appPath, profile, version, monotonic, log } = launch;
  const { providers, windows } = createUnlockProviders({
    platform,
    isPackaged,
    env,
    preload: join(appPath, 'dist', 'preload-unlock.cjs'),
    pageFolder: join(appPath, 'dist', 'unlock-page'),
    parent: () => (window.isVisible() ? window.browserWindow : null),
    isDark: () => nativeTheme.shouldUseDarkColors,
    words,
    // Core and providers need each other: nobody is asked before the core has started.
    account: () => core.snapshot().account,
    monotonic,
    log,
  });
  const core = createClientCore({
    log,
    profileFolder: profile,
    env,
    isPackaged,
    appVersion: version,
    providers,
  });
  return { core, unlockWindows: windows };
}
