import type { BrowserWindow } from 'electron';
import type { Logger } from 'pino';
import { fail, ok, type Result } from '../../src-shared/problem.ts';
import { UNLOCK_ORIGIN } from '../../src-shared/unlock.ts';
import type { UnlockAnswer, UnlockTask } from '../../src-shared/unlock-page-ipc.ts';
import type { UnlockOutcome } from '../app/webauthn-provider.ts';
import { makeWindow, type PageOptions } from './window.ts';

/** What the page in an unlock window may call, bound to the window that calls. */
export interface UnlockCalls {
  /** Once: a page that was loaded a second time has no task. */
  task(webContentsId: number): Result<UnlockTask>;
  answer(webContentsId: number, answer: UnlockAnswer): Result<void>;
}

export interface UnlockWindows {
  readonly calls: UnlockCalls;
  owns(webContentsId: number): boolean;
  /** Opens a window for one task and closes it with the answer, the person's cross, a crash or `signal`. Never rejects. */
  ask(task: UnlockTask, signal: AbortSignal): Promise<UnlockOutcome>;
}

interface OpenTask {
  task: UnlockTask | null;
  settle: (outcome: UnlockOutcome) => void;
}

export interface UnlockWindowsOptions {
  page: PageOptions;
  /** The app's window, which an unlock window stays in front of while it can be seen. */
  parent: () => BrowserWindow | null;
  isDark: () => boolean;
  log: Logger;
}

/**
 * A window for each question of WebAuthn: shown when its page is drawn, kept out of screen captures, gone with the
 * answer. The only way to `credential` is an answer of its page; every other end is a no.
 */
export function createUnlockWindows({ page, parent, isDark, log }: UnlockWindowsOptions): UnlockWindows {
  const open = new Map<number, OpenTask>();
  return {
    calls: {
      task(webContentsId) {
        const entry = open.get(webContentsId);
        if (!entry?.task) return fail('wrong-state');
        const { task } = entry;
        entry.task = null;
        return ok(task);
      },
      answer(webContentsId, answer) {
        const entry = open.get(webContentsId);
        if (!entry || entry.task) return fail('wrong-state');
        entry.settle(answer);
        return ok(undefined);
      },
    },
    owns: (webContentsId) => open.has(webContentsId),
    ask(task, signal) {
      if (signal.aborted) return Promise.resolve({ kind: 'closed' });
      const owner = parent();
      const window = makeWindow(page, {
        title: 'Postern',
        width: 400,
        height: 220,
        resizable: false,
        minimizable: false,
        maximizable: false,
        fullscreenable: false,
        autoHideMenuBar: true,
        backgroundColor: isDark() ? '#14171c' : '#f6f7f9',
        ...(owner === null ? {} : { parent: owner }),
      });
      window.setContentProtection(true);
      const { webContents } = window;
      const { id } = webContents;
      return new Promise((resolve) => {
        const onAbort = () => settle({ kind: 'closed' });
        const settle = (outcome: UnlockOutcome) => {
          if (!open.delete(id)) return;
          signal.removeEventListener('abort', onAbort);
          resolve(outcome);
          if (!window.isDestroyed()) window.destroy();
        };
        open.set(id, { task, settle });
        signal.addEventListener('abort', onAbort);
        window.on('closed', () => settle({ kind: 'closed' }));
        webContents.on('render-process-gone', () => settle({ kind: 'failed' }));
        // Its page leads nowhere, not even to the app's other pages.
        for (const event of ['will-navigate', 'will-frame-navigate'] as const)
          webContents.on(event as 'will-navigate', (details) => details.preventDefault());
        if (task.kind !== 'probe')
          window.once('ready-to-show', () => {
            window.show();
            window.focus();
          });
        window.loadURL(`${UNLOCK_ORIGIN}/`).catch((error: unknown) => {
          if (open.has(id)) log.error({ err: error }, 'the unlock page cannot be loaded');
          settle({ kind: 'failed' });
        });
      });
    },
  };
}
