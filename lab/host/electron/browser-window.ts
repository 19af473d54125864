import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import type { WindowEvent } from '../contract.ts';
import { appEvents } from './app-events.ts';
import { tell } from './link.ts';
import { recorder } from './recorder.ts';
import { HostSession, session } from './session.ts';
import { HostWebContents } from './web-contents.ts';
import { windows } from './window-registry.ts';

type Implemented = Pick<
  Electron.BrowserWindow,
  | 'loadURL'
  | 'show'
  | 'showInactive'
  | 'hide'
  | 'close'
  | 'destroy'
  | 'focus'
  | 'blur'
  | 'minimize'
  | 'restore'
  | 'moveTop'
  | 'flashFrame'
  | 'isVisible'
  | 'isFocused'
  | 'isMinimized'
  | 'isDestroyed'
  | 'getTitle'
  | 'setTitle'
  | 'setContentSize'
  | 'setContentProtection'
  | 'isContentProtected'
>;

let lastId = 0;

/** `BrowserWindow`: show, hide, focus and close as Electron orders their events; the page itself lives in Chromium. */
export class BrowserWindow extends EventEmitter implements Implemented {
  static getAllWindows(): BrowserWindow[] {
    return [...windows.values()].filter((window) => window instanceof BrowserWindow);
  }
  static getFocusedWindow(): BrowserWindow | null {
    return BrowserWindow.getAllWindows().find((window) => window.isFocused()) ?? null;
  }
  static fromId(id: number): BrowserWindow | null {
    const window = windows.get(id);
    return window instanceof BrowserWindow ? window : null;
  }
  static fromWebContents(contents: HostWebContents): BrowserWindow | null {
    return BrowserWindow.fromId(contents.id);
  }

  readonly id: number;
  readonly webContents: HostWebContents;
  #isVisible: boolean;
  #isFocused = false;
  #isMinimized = false;
  #title: string;
  #hasPainted = false;
  #isProtected = false;

  constructor(options: Electron.BrowserWindowConstructorOptions = {}) {
    super();
    lastId += 1;
    this.id = lastId;
    this.#isVisible = options.show ?? true;
    this.#title = options.title ?? '';
    const preferences = options.webPreferences ?? {};
    const own = preferences.session as unknown;
    this.webContents = new HostWebContents(
      this.id,
      own instanceof HostSession ? own : session.fromPartition(preferences.partition ?? ''),
    );
    windows.set(this.id, this);
    const preload = preferences.preload === undefined ? null : readFileSync(preferences.preload, 'utf8');
    tell('window.open', this.id, {
      width: options.width ?? 800,
      height: options.height ?? 600,
      isShown: this.#isVisible,
      isSandboxed: preferences.sandbox ?? true,
      preload,
    });
    appEvents.emit('web-contents-created', {}, this.webContents);
    appEvents.emit('browser-window-created', {}, this);
  }

  loadURL(url: string): Promise<void> {
    return this.webContents.loadURL(url);
  }
  show(): void {
    this.#show(true);
  }
  showInactive(): void {
    this.#show(false);
  }
  #show(isFocused: boolean): void {
    tell('window.show', this.id, isFocused);
    const wasVisible = this.#isVisible;
    const wasMinimized = this.#isMinimized;
    this.#isVisible = true;
    this.#isMinimized = false;
    if (!wasVisible) this.emit('show', {});
    else if (wasMinimized) this.emit('restore', {});
    if (isFocused) this.#setFocused(true);
  }
  hide(): void {
    tell('window.hide', this.id);
    if (!this.#isVisible) return;
    this.#isVisible = false;
    this.#setFocused(false);
    this.emit('hide', {});
  }
  focus(): void {
    if (this.#isVisible) this.#show(true);
  }
  blur(): void {
    this.#setFocused(false);
  }
  minimize(): void {
    tell('window.hide', this.id);
    this.#onMinimized(true);
  }
  restore(): void {
    if (this.#isMinimized) this.#show(true);
  }
  moveTop(): void {
    if (this.#isVisible) this.#show(true);
  }
  flashFrame(isFlashing: boolean): void {
    recorder.isFlashing = isFlashing;
  }
  close(): void {
    let isPrevented = false;
    this.emit('close', {
      preventDefault: () => {
        isPrevented = true;
      },
    });
    if (!isPrevented) this.destroy();
  }
  destroy(): void {
    if (this.isDestroyed()) return;
    windows.delete(this.id);
    tell('window.close', this.id);
    this.webContents.onDestroyed();
    this.emit('closed', {});
    if (windows.size === 0) appEvents.emit('window-all-closed');
  }
  isVisible(): boolean {
    return this.#isVisible;
  }
  isFocused(): boolean {
    return this.#isFocused;
  }
  isMinimized(): boolean {
    return this.#isMinimized;
  }
  isDestroyed(): boolean {
    return windows.get(this.id) !== this;
  }
  getTitle(): string {
    return this.#title;
  }
  setTitle(title: string): void {
    this.#title = title;
  }
  setContentSize(width: number, height: number): void {
    tell('window.resize', this.id, width, height);
  }

  /** Kept for tests: a page of a browser cannot hide from captures. */
  setContentProtection(isProtected: boolean): void {
    this.#isProtected = isProtected;
  }
  isContentProtected(): boolean {
    return this.#isProtected;
  }

  /** What happened to the window in Chromium. */
  onBrowserEvent(event: WindowEvent): void {
    switch (event.type) {
      case 'dom-ready':
        this.webContents.emit('dom-ready', {});
        return;
      case 'did-finish-load':
        this.webContents.emit('did-finish-load', {});
        if (!this.#hasPainted) this.emit('ready-to-show', {});
        this.#hasPainted = true;
        return;
      case 'did-fail-load':
        this.webContents.emit('did-fail-load', {}, -2, event.text, event.url, true);
        return;
      case 'gone':
        this.webContents.onGone();
        return;
      case 'closed-by-user':
        this.close();
        return;
      case 'visible':
        if (this.#isVisible) this.#onMinimized(!event.isVisible);
        return;
      case 'focused':
        if (this.#isVisible) this.#setFocused(event.isFocused);
        return;
      case 'title':
        this.#title = event.title;
    }
  }
  #onMinimized(isMinimized: boolean): void {
    if (this.#isMinimized === isMinimized) return;
    this.#isMinimized = isMinimized;
    if (isMinimized) this.#setFocused(false);
    this.emit(isMinimized ? 'minimize' : 'restore', {});
  }
  #setFocused(isFocused: boolean): void {
    if (this.#isFocused === isFocused) return;
    this.#isFocused = isFocused;
    this.emit(isFocused ? 'focus' : 'blur', {});
    appEvents.emit(isFocused ? 'browser-window-focus' : 'browser-window-blur', {}, this);
  }
}
