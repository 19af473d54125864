import { app } from 'electron';
import type { Logger } from 'pino';

export interface QuittingOptions {
  /** Whether quitting ends something that the user may want to keep. */
  isConnected: () => boolean;
  ask: () => Promise<boolean>;
  /** Takes the tunnel down and writes what is unwritten. */
  stop: () => Promise<void>;
  log: Logger;
}

export interface Quitting {
  readonly isQuitting: boolean;
  /** Asks first when connected. */
  quit(): void;
  /** Nobody is there to be asked: shutdown, log-off, a signal. */
  quitWithoutAsking(): void;
  /** An installer is about to end the app: nobody is asked, and windows may close. Call the answer when it did not. */
  expectInstaller(): () => void;
}

/** Quitting in order: ask, take the tunnel down, flush, exit. However it is asked for, it happens once. */
export function createQuitting({ isConnected, ask, stop, log }: QuittingOptions): Quitting {
  let state: 'running' | 'asking' | 'stopping' | 'stopped' = 'running';
  let mayAsk = true;
  let isInstalling = false;

  async function finish(): Promise<void> {
    state = 'stopping';
    try {
      await stop();
    } catch (error) {
      log.error({ err: error }, 'not everything could be ended in order');
    }
    state = 'stopped';
  }

  async function begin(): Promise<void> {
    if (state === 'stopping' || state === 'stopped') return;
    if (mayAsk && !isInstalling && isConnected()) {
      if (state === 'asking') return;
      state = 'asking';
      const isWanted = await ask();
      // A shutdown may have overtaken the question.
      if (state !== 'asking') return;
      if (!isWanted && mayAsk) {
        state = 'running';
        return;
      }
    }
    await finish();
    app.quit();
  }
  const start = () => {
    void begin().catch((error: unknown) => {
      state = 'running';
      log.error({ err: error }, 'quitting failed');
    });
  };

  app.on('before-quit', (event) => {
    if (state === 'stopped') return;
    event.preventDefault();
    start();
  });
  // The tray keeps the app; only quitting ends it.
  app.on('window-all-closed', () => undefined);
  return {
    get isQuitting() {
      return isInstalling || state === 'stopping' || state === 'stopped';
    },
    quit: start,
    expectInstaller() {
      isInstalling = true;
      return () => {
        isInstalling = false;
      };
    },
    quitWithoutAsking() {
      mayAsk = false;
      start();
    },
  };
}
