import { EventEmitter } from 'node:events';

/** Stands in for Electron's module in the shell's unit tests: records what it was told, and lets tests speak for the system. */

type Listener = (...args: never[]) => unknown;

export class FakeContents extends EventEmitter {
  readonly id: number;
  readonly mainFrame = { url: 'app://ui/' };
  readonly sent: { channel: string; payload: unknown }[] = [];
  windowOpen: Listener | null = null;
  reloads = 0;

  constructor(id: number) {
    super();
    this.id = id;
  }
  setWindowOpenHandler(handler: Listener): void {
    this.windowOpen = handler;
  }
  send(channel: string, payload: unknown): void {
    this.sent.push({ channel, payload });
  }
  isCrashed(): boolean {
    return false;
  }
  reload(): void {
    this.reloads += 1;
  }
}

export class FakeWindow extends EventEmitter {
  static readonly made: FakeWindow[] = [];
  readonly options: Record<string, unknown>;
  readonly webContents = new FakeContents(FakeWindow.made.length + 1);
  readonly calls: string[] = [];
  isShown = false;
  isSmall = false;
  isGone = false;
  isProtected = false;

  constructor(options: Record<string, unknown>) {
    super();
    this.options = options;
    FakeWindow.made.push(this);
  }
  async loadURL(url: string): Promise<void> {
    this.calls.push(`loadURL ${url}`);
  }
  show(): void {
    this.isShown = true;
    this.calls.push('show');
    this.emit('show');
  }
  hide(): void {
    this.isShown = false;
    this.calls.push('hide');
    this.emit('hide');
  }
  restore(): void {
    this.isSmall = false;
    this.calls.push('restore');
  }
  moveTop(): void {
    this.calls.push('moveTop');
  }
  focus(): void {
    this.calls.push('focus');
  }
  flashFrame(): void {
    this.calls.push('flashFrame');
  }
  isVisible(): boolean {
    return this.isShown;
  }
  isMinimized(): boolean {
    return this.isSmall;
  }
  isFocused(): boolean {
    return this.isShown;
  }
  isDestroyed(): boolean {
    return this.isGone;
  }
  destroy(): void {
    if (this.isGone) return;
    this.isGone = true;
    this.isShown = false;
    this.emit('closed');
  }
  /** As the person at the screen. */
  close(): void {
    let isPrevented = false;
    this.emit('close', {
      preventDefault: () => {
        isPrevented = true;
      },
    });
    if (!isPrevented) this.destroy();
  }
  setContentProtection(isProtected: boolean): void {
    this.isProtected = isProtected;
  }
}

export class FakeSession {
  readonly handlers: Record<string, Listener> = {};
  readonly protocol = {
    handle: (scheme: string, handler: Listener) => {
      this.handlers[`protocol ${scheme}`] = handler;
    },
  };
  readonly webRequest = {
    onBeforeRequest: (handler: Listener) => {
      this.handlers.beforeRequest = handler;
    },
  };
  setPermissionRequestHandler(handler: Listener): void {
    this.handlers.permissionRequest = handler;
  }
  setPermissionCheckHandler(handler: Listener): void {
    this.handlers.permissionCheck = handler;
  }
  setDevicePermissionHandler(handler: Listener): void {
    this.handlers.devicePermission = handler;
  }
  setDisplayMediaRequestHandler(handler: Listener): void {
    this.handlers.displayMedia = handler;
  }
}

class FakeApp extends EventEmitter {
  readonly calls: string[] = [];
  isPackaged = false;
  isFirst = true;
  readonly loginItems: unknown[] = [];

  enableSandbox(): void {
    this.calls.push('enableSandbox');
  }
  whenReady(): Promise<void> {
    this.calls.push('whenReady');
    return new Promise(() => undefined);
  }
  requestSingleInstanceLock(): boolean {
    return this.isFirst;
  }
  setPath(name: string): void {
    this.calls.push(`setPath ${name}`);
  }
  setAppUserModelId(): void {
    this.calls.push('setAppUserModelId');
  }
  setAsDefaultProtocolClient(scheme: string): boolean {
    this.calls.push(`setAsDefaultProtocolClient ${scheme}`);
    return true;
  }
  setLoginItemSettings(settings: unknown): void {
    this.loginItems.push(settings);
  }
  wasOpenedAtLogin = false;
  getLoginItemSettings(): { wasOpenedAtLogin: boolean } {
    return { wasOpenedAtLogin: this.wasOpenedAtLogin };
  }
  configureWebAuthn(options: unknown): void {
    this.calls.push(`configureWebAuthn ${JSON.stringify(options)}`);
  }
  setSecureKeyboardEntryEnabled(isEnabled: boolean): void {
    this.calls.push(`secure keyboard ${isEnabled}`);
  }
  getPath(name: string): string {
    return `/fake/${name}`;
  }
  getAppPath(): string {
    return '/fake/app';
  }
  quit(): void {
    this.calls.push('quit');
    let isPrevented = false;
    this.emit('before-quit', {
      preventDefault: () => {
        isPrevented = true;
      },
    });
    if (!isPrevented) this.calls.push('ended');
  }
  exit(code: number): void {
    this.calls.push(`exit ${code}`);
  }
}

export const app = new FakeApp();

type IpcHandler = (event: unknown, input: unknown) => Promise<unknown>;
export const ipcMain = {
  handlers: new Map<string, IpcHandler>(),
  handle(channel: string, handler: IpcHandler): void {
    this.handlers.set(channel, handler);
  },
};

export const protocol = {
  registered: [] as unknown[],
  registerSchemesAsPrivileged(schemes: unknown[]): void {
    app.calls.push('registerSchemesAsPrivileged');
    this.registered.push(...schemes);
  },
};

export const session = {
  partitions: [] as { partition: string; options: unknown }[],
  defaultSession: new FakeSession(),
  fromPartition(partition: string, options: unknown): FakeSession {
    this.partitions.push({ partition, options });
    return new FakeSession();
  },
};

export const shell = {
  opened: [] as string[],
  async openExternal(url: string): Promise<void> {
    this.opened.push(url);
  },
};

export class FakeTray extends EventEmitter {
  static readonly made: FakeTray[] = [];
  readonly images: string[] = [];
  toolTip = '';
  menu: { label?: string; enabled?: boolean; type?: string; click?: () => void }[] = [];
  menusSet = 0;
  constructor(image: { path: string }) {
    super();
    this.images.push(image.path);
    FakeTray.made.push(this);
  }
  setImage(image: { path: string }): void {
    this.images.push(image.path);
  }
  setToolTip(text: string): void {
    this.toolTip = text;
  }
  setContextMenu(menu: FakeTray['menu']): void {
    this.menu = menu;
    this.menusSet += 1;
  }
}

export class FakeNotification extends EventEmitter {
  static readonly shown: FakeNotification[] = [];
  static isSupported(): boolean {
    return true;
  }
  readonly options: { title: string; body: string };
  constructor(options: { title: string; body: string }) {
    super();
    this.options = options;
  }
  show(): void {
    FakeNotification.shown.push(this);
  }
}

export const Menu = {
  buildFromTemplate: (template: unknown) => template,
  setApplicationMenu: (menu: unknown) => app.calls.push(`menu ${menu === null ? 'none' : 'set'}`),
};
export const nativeImage = {
  createFromPath: (path: string) => ({ path, setTemplateImage: () => undefined }),
};
export const dialog = {};
export const clipboard = {};
export const nativeTheme = { themeSource: 'system', shouldUseDarkColors: false };
export const net = { isOnline: () => true };
export const powerMonitor = new EventEmitter();
export const systemPreferences = {
  canPromptTouchID: () => false,
  promptTouchID: async () => undefined,
};
export { FakeNotification as Notification, FakeTray as Tray, FakeWindow as BrowserWindow };
