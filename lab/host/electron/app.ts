import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { BrowserWindow } from './browser-window.ts';
import { InstanceLock } from './instance-lock.ts';
import { browser } from './link.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const packageJson: { name: string; version: string } = JSON.parse(
  readFileSync(path.join(root, 'package.json'), 'utf8'),
);

type Implemented = Pick<
  Electron.App,
  | 'isPackaged'
  | 'getName'
  | 'setName'
  | 'getVersion'
  | 'getLocale'
  | 'getSystemLocale'
  | 'getPreferredSystemLanguages'
  | 'getPath'
  | 'setPath'
  | 'getAppPath'
  | 'whenReady'
  | 'isReady'
  | 'quit'
  | 'exit'
  | 'focus'
  | 'enableSandbox'
  | 'requestSingleInstanceLock'
  | 'hasSingleInstanceLock'
  | 'releaseSingleInstanceLock'
  | 'setAsDefaultProtocolClient'
  | 'setLoginItemSettings'
  | 'getLoginItemSettings'
  | 'setAppUserModelId'
>;

/** `app` for one process: quitting in Electron's order, a real lock for the single instance. */
class HostApp extends EventEmitter implements Implemented {
  readonly isPackaged = false;
  /** Kept for tests: the host's Chromium decides about its own sandbox. */
  isSandboxEnabled = false;
  userModelId = '';
  #name = packageJson.name;
  #paths = new Map<string, string>();
  #isReady = false;
  #quitting: 'no' | 'asked' | 'done' = 'no';
  readonly #ready = Promise.withResolvers<void>();
  readonly #lock = new InstanceLock((argv, cwd, data) => this.emit('second-instance', {}, argv, cwd, data));
  #loginItem: Electron.Settings = {};

  constructor() {
    super();
    // Electron becomes ready after the app's module has run.
    setImmediate(() => {
      this.#isReady = true;
      this.emit('ready', {}, {});
      this.#ready.resolve();
    });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => this.quit());
  }

  getName(): string {
    return this.#name;
  }
  setName(name: string): void {
    this.#name = name;
  }
  getVersion(): string {
    return packageJson.version;
  }
  getLocale(): string {
    return process.env.POSTERN_HOST_LOCALE ?? 'en-US';
  }
  getSystemLocale(): string {
    return this.getLocale();
  }
  getPreferredSystemLanguages(): string[] {
    return [this.getLocale()];
  }
  getAppPath(): string {
    return root;
  }
  getPath(name: Parameters<Electron.App['getPath']>[0]): string {
    const home = homedir();
    const appData = process.env.XDG_CONFIG_HOME ?? path.join(home, '.config');
    const known: Record<string, string> = {
      home,
      appData,
      userData: path.join(appData, this.#name),
      sessionData: path.join(appData, this.#name),
      temp: tmpdir(),
      exe: process.execPath,
      documents: path.join(home, 'Documents'),
      downloads: path.join(home, 'Downloads'),
      logs: path.join(appData, this.#name, 'logs'),
    };
    const found = this.#paths.get(name) ?? known[name];
    if (found === undefined) throw new Error(`Failed to get '${name}' path`);
    return found;
  }
  setPath(name: string, value: string): void {
    this.#paths.set(name, value);
  }

  whenReady(): Promise<void> {
    return this.#ready.promise;
  }
  isReady(): boolean {
    return this.#isReady;
  }

  quit(): void {
    if (this.#quitting !== 'no') return;
    this.#quitting = 'asked';
    setImmediate(() => {
      if (!this.#mayGoOn('before-quit')) return;
      for (const window of BrowserWindow.getAllWindows()) window.close();
      if (BrowserWindow.getAllWindows().length > 0 || !this.#mayGoOn('will-quit')) {
        this.#quitting = 'no';
        return;
      }
      this.#end(0);
    });
  }
  #mayGoOn(event: 'before-quit' | 'will-quit'): boolean {
    let isPrevented = false;
    this.emit(event, {
      preventDefault: () => {
        isPrevented = true;
      },
    });
    if (isPrevented) this.#quitting = 'no';
    return !isPrevented;
  }
  exit(exitCode = 0): void {
    for (const window of BrowserWindow.getAllWindows()) window.destroy();
    this.#end(exitCode);
  }
  #end(code: number): void {
    this.#quitting = 'done';
    this.emit('quit', {}, code);
    // A second instance has to tell the first before it goes.
    void Promise.all([browser.call('app.ended'), this.#lock.told]).then(() => process.exit(code));
  }
  /** Without a listener, the last window takes the app with it. */
  onWindowAllClosed(): void {
    if (!this.emit('window-all-closed') && this.#quitting === 'no') this.quit();
  }
  focus(): void {
    BrowserWindow.getAllWindows()[0]?.focus();
  }

  requestSingleInstanceLock(additionalData: Record<string, unknown> = {}): boolean {
    return this.#lock.request(this.getPath('userData'), process.argv, process.cwd(), additionalData);
  }
  hasSingleInstanceLock(): boolean {
    return this.#lock.isHeld;
  }
  releaseSingleInstanceLock(): void {
    this.#lock.release();
  }

  setLoginItemSettings(settings: Electron.Settings): void {
    this.#loginItem = settings;
  }
  getLoginItemSettings(): Electron.LoginItemSettings {
    return {
      openAtLogin: this.#loginItem.openAtLogin ?? false,
      wasOpenedAtLogin: false,
      status: '',
      executableWillLaunchAtLogin: false,
      launchItems: [],
    } as unknown as Electron.LoginItemSettings;
  }
  setAsDefaultProtocolClient(): boolean {
    return true;
  }
  enableSandbox(): void {
    this.isSandboxEnabled = true;
  }
  setAppUserModelId(id: string): void {
    this.userModelId = id;
  }
}

export const app = new HostApp();
