import { app, clipboard } from 'electron';
import type { Result } from '../../src-shared/problem.ts';
import type { Desktop } from '../app/app-commands.ts';
import { runTrust } from '../app/run-trust.ts';
import type { Words } from '../app/words.ts';
import { chooseCaFile, saveTextFile } from './dialogs.ts';
import { openExternalLink } from './links.ts';
import type { Quitting } from './quitting.ts';
import type { MainWindow } from './window.ts';

export interface DesktopOptions {
  window: MainWindow;
  words: () => Words;
  quitting: Quitting;
  updater: { install(): Promise<Result<void>> };
  appPath: string;
  /** Another list than the system's, for a local stack. */
  trustedServersFile: string | null;
}

/** What the window's commands ask of the operating system. */
export function createDesktop(options: DesktopOptions): Desktop {
  const { window, words, quitting, updater, appPath, trustedServersFile } = options;
  return {
    chooseCa: () => chooseCaFile(window.browserWindow, words()),
    saveText: (title, fileName, text) => saveTextFile(window.browserWindow, title, fileName, text),
    writeClipboard: (text) => clipboard.writeText(text),
    openLink: openExternalLink,
    trust: (keyLine) =>
      runTrust(keyLine, {
        platform: process.platform,
        uid: process.geteuid?.() ?? null,
        isPackaged: app.isPackaged,
        appPath,
        resources: process.resourcesPath,
        trustedServersFile,
      }),
    installUpdate: () => updater.install(),
    hideWindow: () => window.hide(),
    quit: () => quitting.quit(),
  };
}
