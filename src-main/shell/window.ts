import {
  BrowserWindow,
  type BrowserWindowConstructorOptions,
  type Session,
  type WebPreferences,
} from 'electron';

/** One renderer, no rights: what a page of ours may do is fixed here (Electron security checklist). */
export const uiPrefs = {
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  contextIsolation: true,
  sandbox: true,
  webSecurity: true,
  allowRunningInsecureContent: false,
  experimentalFeatures: false,
  webviewTag: false,
  plugins: false,
  navigateOnDragDrop: false,
  enableWebSQL: false,
  enableDeprecatedPaste: false,
  spellcheck: false,
  safeDialogs: true,
} as const satisfies WebPreferences;

export function prefsFor({ isPackaged }: { isPackaged: boolean }): WebPreferences {
  return { ...uiPrefs, devTools: !isPackaged };
}

export interface PageOptions {
  /** Absolute path of the bundle. */
  preload: string;
  session: Session;
  isPackaged: boolean;
}

/** The only place that makes a window: hidden, with its own session and preload, and with no other rights. */
export function makeWindow(
  { preload, session, isPackaged }: PageOptions,
  look: Omit<BrowserWindowConstructorOptions, 'show' | 'webPreferences'>,
): BrowserWindow {
  return new BrowserWindow({
    ...look,
    show: false,
    webPreferences: { ...prefsFor({ isPackaged }), session, preload },
  });
}

export interface MainWindowOptions extends PageOptions {
  isDark: boolean;
  icon?: string;
  /** Started at login: stays in the tray until it is asked for. */
  isHiddenAtStart: boolean;
  onLoadFailed: (error: unknown) => void;
}

export interface MainWindow {
  readonly browserWindow: BrowserWindow;
  /** Once everything that the page will ask for is there. */
  load(url: string): void;
  isVisible(): boolean;
  /** Calls back whenever the window comes on screen or leaves it. */
  onVisibility(listener: (isVisible: boolean) => void): void;
  /** While `isHiding` says so, closing hides the window, and the app stays in the tray. */
  hideOnClose(isHiding: () => boolean): void;
  /** Windows: the system shuts down or the user logs off. It waits (a few seconds at most) until the app has ended. */
  onSessionEnd(listener: () => void): void;
  bringForward(): void;
  hide(): void;
  send(channel: string, payload: unknown): void;
}

/** The app's window. */
export function createMainWindow(options: MainWindowOptions): MainWindow {
  const window = makeWindow(options, {
    title: 'Postern',
    width: 960,
    height: 700,
    minWidth: 360,
    minHeight: 520,
    autoHideMenuBar: true,
    backgroundColor: options.isDark ? '#14171c' : '#f6f7f9',
    ...(options.icon === undefined ? {} : { icon: options.icon }),
  });
  const isVisible = () => !window.isDestroyed() && window.isVisible() && !window.isMinimized();
  if (!options.isHiddenAtStart) window.once('ready-to-show', () => window.show());
  return {
    browserWindow: window,
    load(url) {
      window.loadURL(url).catch((error: unknown) => options.onLoadFailed(error));
    },
    isVisible,
    onVisibility(listener) {
      for (const event of ['show', 'restore', 'hide', 'minimize'] as const)
        window.on(event as 'show', () => listener(isVisible()));
    },
    hideOnClose(isHiding) {
      window.on('close', (event) => {
        if (!isHiding()) return;
        event.preventDefault();
        window.hide();
      });
    },
    onSessionEnd(listener) {
      window.on('query-session-end', (event) => {
        event.preventDefault();
        listener();
      });
      // One that is forced does not ask.
      window.on('session-end', listener);
    },
    bringForward() {
      if (window.isDestroyed()) return;
      if (window.isMinimized()) window.restore();
      window.show();
      window.moveTop();
      window.focus();
      // Some desktops keep others from taking the focus: then at least the task bar says so.
      if (!window.isFocused()) window.flashFrame(true);
    },
    hide: () => window.hide(),
    send(channel, payload) {
      if (!window.isDestroyed() && !window.webContents.isCrashed()) window.webContents.send(channel, payload);
    },
  };
}
