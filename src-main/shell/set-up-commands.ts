import { release } from 'node:os';
import { nativeTheme } from 'electron';
import type { ClientCore } from '../../src-client/core.ts';
import type { Result } from '../../src-shared/problem.ts';
import { TRUSTED_SERVERS_FILE } from '../../src-shared/server-key.ts';
import { UNLOCK_ORIGIN } from '../../src-shared/unlock.ts';
import { createCommandHandlers } from '../app/app-commands.ts';
import { changeSettings } from '../app/change-settings.ts';
import type { ConnectRequests } from '../app/connect-requests.ts';
import { diagnosticsText } from '../app/diagnostics.ts';
import type { SignInFlow } from '../app/sign-in-flow.ts';
import type { Signal } from '../app/signal.ts';
import type { SleepGuard } from '../app/sleep-guard.ts';
import type { SnapshotFeed } from '../app/snapshot-feed.ts';
import { createDesktop } from './desktop.ts';
import { registerIpc } from './ipc.ts';
import type { Launch } from './launch.ts';
import { setLaunchAtLogin } from './login-item.ts';
import { setApplicationMenu } from './menu.ts';
import type { Quitting } from './quitting.ts';
import type { Records } from './set-up-records.ts';
import type { UnlockWindows } from './unlock-window.ts';
import type { MainWindow } from './window.ts';

export interface CommandParts {
  core: ClientCore;
  unlockWindows: UnlockWindows;
  requests: ConnectRequests;
  signIn: SignInFlow;
  window: MainWindow;
  records: Records;
  feed: SnapshotFeed;
  quitting: Quitting;
  updater: { install(): Promise<Result<void>> };
  sleepGuard: SleepGuard;
  changed: Signal;
}

/** What the pages may ask of main: the commands of the window, its snapshot, and the task of an unlock window. */
export function setUpCommands(launch: Launch, parts: CommandParts): void {
  const { env, platform, isPackaged, origin, appPath, now, logTail, log } = launch;
  const { core, unlockWindows, requests, signIn, window, feed, quitting, updater, sleepGuard, changed } =
    parts;
  const { settings, words } = parts.records;
  const { versions } = process;
  const windowId = window.browserWindow.webContents.id;
  const trustedServersFile = isPackaged ? null : (env.POSTERN_TRUSTED_SERVERS ?? null);
  registerIpc({
    origins: { main: origin, unlock: UNLOCK_ORIGIN },
    kindOf: (id) => (id === windowId ? 'main' : unlockWindows.owns(id) ? 'unlock' : null),
    log,
    snapshot: () => feed.current(),
    unlock: unlockWindows.calls,
    commands: createCommandHandlers({
      core,
      requests,
      signIn,
      desktop: createDesktop({ window, words, quitting, updater, appPath, trustedServersFile }),
      changeSettings: (patch) =>
        changeSettings(patch, {
          file: settings,
          setLaunchAtLogin: (isWanted) => setLaunchAtLogin(isWanted, { platform, env }),
          onChanged({ theme }) {
            nativeTheme.themeSource = theme;
            setApplicationMenu(platform, words());
            changed.emit();
          },
        }),
      diagnostics: () =>
        diagnosticsText({
          snapshot: feed.current(),
          versions: { electron: versions.electron ?? 'none', node: versions.node, system: release() },
          logTail: logTail(),
          sleepGuard: sleepGuard.state,
          now,
        }),
      trustedServersFile: trustedServersFile ?? TRUSTED_SERVERS_FILE,
      words,
    }),
  });
}
