import type { Page } from '@playwright/test';
import type { DialogAnswer, Recorder } from '../../lab/host/electron/recorder.ts';
import type { LaunchedApp } from './launch.ts';

declare global {
  /** In main: filled by the host, or by `electron-recorder.cjs` in real Electron. */
  var posternRecorder: Recorder;
}

export interface TrayLook {
  /** File of the picture. */
  image: string;
  toolTip: string;
  items: { label: string; isEnabled: boolean }[];
}

/**
 * The desktop around the window, as a person uses it: tray, notifications, dialogs, power. The functions given to
 * `evaluate` run in main, in either host, and stand on their own.
 */
export class Desktop {
  readonly #app: LaunchedApp;

  constructor(app: LaunchedApp) {
    this.#app = app;
  }

  page(): Promise<Page> {
    return this.#app.page();
  }

  /** Of main. */
  processId(): Promise<number> {
    return this.#app.evaluate(() => process.pid, null);
  }

  window(): Promise<{ isVisible: boolean; isFocused: boolean; url: string } | null> {
    return this.#app.evaluate(({ BrowserWindow }) => {
      const [window] = BrowserWindow.getAllWindows();
      if (!window) return null;
      const isVisible = window.isVisible() && !window.isMinimized();
      return { isVisible, isFocused: window.isFocused(), url: window.webContents.getURL() };
    }, null);
  }

  /** As the person at the screen: the cross of the window. */
  async closeWindow(): Promise<void> {
    await this.#app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close(), null);
  }

  async crashPage(): Promise<void> {
    const crash = ({ BrowserWindow }: typeof Electron) =>
      BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer();
    await this.#app.evaluate(crash, null);
  }

  async zoom(factor: number): Promise<void> {
    await this.#app.evaluate(
      ({ BrowserWindow }, wanted) => BrowserWindow.getAllWindows()[0]?.webContents.setZoomFactor(wanted),
      factor,
    );
  }

  async resize(width: number, height: number): Promise<void> {
    await this.#app.evaluate(
      ({ BrowserWindow }, size) => {
        BrowserWindow.getAllWindows()[0]?.setContentSize(size.width, size.height);
      },
      { width, height },
    );
  }

  tray(): Promise<TrayLook> {
    return this.#app.evaluate(() => {
      const { trays, trayMenus, trayImages, trayToolTips } = globalThis.posternRecorder;
      const [tray] = trays;
      if (!tray) return { image: '', toolTip: '', items: [] };
      const items = trayMenus.get(tray)?.items ?? [];
      return {
        image: trayImages.get(tray) ?? '',
        toolTip: trayToolTips.get(tray) ?? '',
        items: items.map(({ label, enabled }) => ({ label, isEnabled: enabled })),
      };
    }, null);
  }

  async clickTray(label: string): Promise<void> {
    const isThere = await this.#app.evaluate((_electron, wanted) => {
      const { trays, trayMenus } = globalThis.posternRecorder;
      const menu = trays[0] && trayMenus.get(trays[0]);
      const item = menu?.items.find((entry) => entry.label === wanted);
      item?.click();
      return item !== undefined;
    }, label);
    if (!isThere) throw new Error(`the tray has no entry "${label}"`);
  }

  notifications(): Promise<{ title: string; body: string; urgency: string }[]> {
    return this.#app.evaluate(
      () =>
        globalThis.posternRecorder.notifications.map(({ title, body, urgency }) => ({
          title,
          body,
          urgency,
        })),
      null,
    );
  }

  async clickNewestNotification(): Promise<void> {
    await this.#app.evaluate(() => {
      const newest = globalThis.posternRecorder.notifications.at(-1);
      newest?.object.emit('click');
    }, null);
  }

  /** Kinds and texts of the dialogs that were opened so far. */
  dialogs(): Promise<{ kind: string; message: string }[]> {
    return this.#app.evaluate(
      () =>
        globalThis.posternRecorder.dialogs.map(({ kind, options }) => ({
          kind,
          message: String(options.message ?? options.title ?? ''),
        })),
      null,
    );
  }

  /** Answers the dialog that is open, or the next one. */
  async answerDialog(answer: DialogAnswer): Promise<void> {
    await this.#app.evaluate((_electron, given) => {
      const { waitingDialogs, dialogAnswers } = globalThis.posternRecorder;
      const waiting = waitingDialogs.shift();
      if (waiting) waiting(given);
      else dialogAnswers.push(given);
    }, answer);
  }

  async power(event: 'suspend' | 'resume' | 'shutdown'): Promise<void> {
    await this.#app.evaluate(({ powerMonitor }, name) => {
      (powerMonitor as unknown as NodeJS.EventEmitter).emit(name);
    }, event);
  }

  async setOnline(isOnline: boolean | null): Promise<void> {
    await this.#app.evaluate((_electron, wanted) => {
      globalThis.posternRecorder.isOnline = wanted;
    }, isOnline);
  }

  async quit(): Promise<void> {
    await this.#app.evaluate(({ app }) => app.quit(), null);
  }

  /** Sends the window this many snapshots, each with other traffic, as main does once a second while connected. */
  async pushSnapshots(count: number): Promise<void> {
    const snapshot = await (await this.page()).evaluate(() => window.postern.snapshot());
    await this.#app.evaluate(
      async ({ BrowserWindow }, { start, times }) => {
        const contents = BrowserWindow.getAllWindows()[0]?.webContents;
        for (let sent = 0; sent < times; sent++) {
          const traffic = Array.from({ length: 60 }, (_, index) => ({
            rxPerSecond: ((sent + index) % 40) * 1000,
            txPerSecond: ((sent + index) % 30) * 500,
          }));
          contents?.send('app:snapshot', { ...start, version: start.version + sent, traffic });
          // As fast as frames come, not as fast as a loop can.
          await new Promise((resolve) => setTimeout(resolve, 8));
        }
      },
      { start: snapshot, times: count },
    );
  }

  /** Heap of main after a collection, bytes. */
  collectedHeapBytes(): Promise<number> {
    return this.#app.evaluate(() => {
      process.getBuiltinModule('node:v8').setFlagsFromString('--expose-gc');
      process.getBuiltinModule('node:vm').runInNewContext('gc')();
      return process.memoryUsage().heapUsed;
    }, null);
  }
}
