import { join } from 'node:path';
import { nativeTheme } from 'electron';
import type { Launch } from './launch.ts';
import { wasOpenedAtLogin } from './login-item.ts';
import { servePage } from './page-protocol.ts';
import { openUiSession } from './session-hardening.ts';
import { createMainWindow, type MainWindow } from './window.ts';

/** The app's window in a session of its own, with its page at hand. It loads nothing yet. */
export function setUpWindow({ appPath, origin, argv, platform, isPackaged, log }: Launch): MainWindow {
  const session = openUiSession(origin);
  servePage(session, join(appPath, 'dist', 'renderer'));
  return createMainWindow({
    preload: join(appPath, 'dist', 'preload.cjs'),
    icon: join(appPath, 'dist', 'icons', 'app.png'),
    session,
    isPackaged,
    isDark: nativeTheme.shouldUseDarkColors,
    isHiddenAtStart: wasOpenedAtLogin(platform, argv),
    onLoadFailed: (error) => log.error({ err: error }, 'the page cannot be loaded'),
  });
}
