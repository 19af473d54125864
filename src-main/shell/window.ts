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
  /** While false, closing hides. */
  isQuitting: () => boolean;
  onVisibility: (isVisible: boolean) => void;
  onLoadFailed: (error: unknown) => void;
}

export interface MainWindow {
  readonly browserWindow: BrowserWindow;
  /** Once everything that the page will ask for is there. */
  load(url: string): void;
  isVisible(): boolean;
  bringForward(): void;
  hide(): void;
  send(channel: string, payload: unknown): void;
}

/** The app's window. Closing it keeps the app in the tray. */
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
  for (const event of ['show', 'restore', 'hide', 'minimize'] as const)
    window.on(event as 'show', () => options.onVisibility(isVisible()));
  window.on('close', (event) => {
    if (options.isQuitting()) return;
    event.preventDefault();
    window.hide();
  });
  if (!options.isHiddenAtStart) window.once('ready-to-show', () => window.show());
  return {
    browserWindow: window,
    load(url) {
      window.loadURL(url).catch((error: unknown) => options.onLoadFailed(error));
    },
    isVisible,
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
