import type { BrowserWindow } from 'electron';
import type { Logger } from 'pino';
import { createBudget } from '../app/crash-budget.ts';

const LIMIT = 3;
const WINDOW_MS = 60_000;

export interface CrashRecoveryOptions {
  log: Logger;
  monotonic: () => number;
  onRecovered: () => void;
  /** It failed again and again and is left alone now. */
  onGivenUp: () => void;
}

/** Reloads a page whose process has gone, at most three times a minute. The tunnel is main's and never notices. */
export function recoverFromCrashes(window: BrowserWindow, options: CrashRecoveryOptions): void {
  const { log, monotonic, onRecovered, onGivenUp } = options;
  const budget = createBudget(LIMIT, WINDOW_MS, monotonic);
  window.webContents.on('render-process-gone', (_event, { reason, exitCode }) => {
    if (reason === 'clean-exit') return;
    log.error({ reason, exitCode }, 'the page has gone');
    if (!budget.spend()) {
      onGivenUp();
      return;
    }
    onRecovered();
    window.webContents.reload();
  });
}
