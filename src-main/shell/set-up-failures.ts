import { dialog } from 'electron';
import type { AppState } from '../app/app-state.ts';
import type { AppNotification } from '../app/notification-events.ts';
import type { Words } from '../app/words.ts';
import { recoverFromCrashes } from './crash-recovery.ts';
import type { Launch } from './launch.ts';
import { catchUncaughtErrors } from './uncaught-errors.ts';
import type { MainWindow } from './window.ts';

export interface FailureParts {
  window: MainWindow;
  state: AppState;
  notify: (notification: AppNotification) => void;
  words: () => Words;
}

/** What happens when something of ours fails: in main the user is told, a page that has gone comes back. */
export function setUpFailures({ log, monotonic }: Launch, parts: FailureParts): void {
  const { window, state, notify, words } = parts;
  catchUncaughtErrors({
    log,
    monotonic,
    tell() {
      state.notify('internal-error', words().internalErrorBody);
      notify({ title: words().internalError, body: words().internalErrorBody, isUrgent: false });
    },
  });
  recoverFromCrashes(window.browserWindow, {
    log,
    monotonic,
    onRecovered: () => state.change({ hasRecovered: true }),
    onGivenUp: () => dialog.showErrorBox(words().pageCrashed, words().pageCrashedBody),
  });
}
