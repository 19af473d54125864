import type { Page } from '@playwright/test';
import type { AuthenticatorOptions, BrowserCalls, MainCalls, WindowOptions } from '../contract.ts';
import type { Wire } from '../wire.ts';
import type { ChromiumOptions, RunningChromium } from './chromium.ts';
import { HostWindow, type WindowLink } from './host-window.ts';
import { VirtualAuthenticator } from './virtual-authenticator.ts';

export interface WindowHostOptions {
  executable: string;
  isHeadless: boolean;
  /** BCP 47. */
  locale: string;
  startChromium(options: ChromiumOptions): Promise<RunningChromium>;
}

interface Entry {
  options: WindowOptions;
  window: Promise<HostWindow>;
  /** The newest change of visibility, settled when it is done. */
  turn?: Promise<unknown>;
}

/** The windows of one running app. Chromium starts with the first. */
export class WindowHost {
  readonly #options: WindowHostOptions;
  readonly #windows = new Map<number, Entry>();
  readonly #ended = Promise.withResolvers<void>();
  #main: Wire<MainCalls> | null = null;
  #chromium: Promise<RunningChromium> | null = null;
  #isStopped = false;
  #theme: 'system' | 'light' | 'dark' = 'system';
  readonly #newPage = new Set<() => void>();
  #authenticator: VirtualAuthenticator | null = null;

  constructor(options: WindowHostOptions) {
    this.#options = options;
  }

  /** Resolves when main said that it ends. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  attach(main: Wire<MainCalls>): void {
    this.#main = main;
  }

  /** What main calls. */
  readonly calls: BrowserCalls = {
    'window.open': (windowId: number, options: WindowOptions) => this.#open(windowId, options),
    'window.load': (windowId: number, url: string) => this.#load(windowId, url),
    'window.reload': (windowId: number) => this.#reload(windowId),
    'window.show': (windowId: number, isFocused: boolean) => this.#show(windowId, true, isFocused),
    'window.hide': (windowId: number) => this.#show(windowId, false, false),
    'window.resize': (windowId: number, width: number, height: number) =>
      this.#with(windowId, (window) => window.resize(width, height)),
    'window.zoom': (windowId: number, factor: number) =>
      this.#with(windowId, (window) => window.zoom(factor)),
    'window.crash': (windowId: number) => this.#with(windowId, (window) => window.crash()),
    'window.close': (windowId: number) => this.#close(windowId),
    'window.send': (windowId: number, channel: string, argsWire: string) =>
      this.#with(windowId, (window) => window.send(channel, argsWire)),
    'theme.set': (source: 'system' | 'light' | 'dark') => this.#setTheme(source),
    'app.ended': () => this.#ended.resolve(),
  };

  /** The page of the app's first window that is alive; waits for it. */
  async page(): Promise<Page> {
    for (;;) {
      const [first] = this.#windows.values();
      if (first) {
        const window = await first.window;
        if (window.isAlive) return window.page;
      }
      await new Promise<void>((resolve) => this.#newPage.add(resolve));
    }
  }

  /** The page at this address, in any window; waits for it. */
  async pageAt(origin: string): Promise<Page> {
    for (;;) {
      for (const { window } of this.#windows.values()) {
        const { page, isAlive, lastUrl } = await window;
        if (isAlive && lastUrl?.startsWith(`${origin}/`)) return page;
      }
      await new Promise<void>((resolve) => this.#newPage.add(resolve));
    }
  }

  /** From now on pages at an https address find a platform authenticator. */
  virtualAuthenticator(options: AuthenticatorOptions): VirtualAuthenticator {
    this.#authenticator = new VirtualAuthenticator(options);
    return this.#authenticator;
  }

  chromium(): Promise<RunningChromium> | null {
    return this.#chromium;
  }

  /** For good: what main still asks for gets no Chromium any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    const chromium = await this.#chromium;
    this.#chromium = null;
    await chromium?.stop();
  }

  /** Runs `use` on the window's page; one that crashed or was closed gets a new page in its place first. */
  async #with<T>(windowId: number, use: (window: HostWindow) => Promise<T>): Promise<T | undefined> {
    const entry = this.#windows.get(windowId);
    if (!entry) return undefined;
    const window = await this.#alive(windowId, entry);
    return use(window);
  }

  async #load(windowId: number, url: string): Promise<void> {
    await this.#with(windowId, async (window) => {
      if (url.startsWith('https:') && this.#authenticator)
        await window.giveAuthenticator(this.#authenticator);
      await window.load(url);
    });
    this.#tellNewPage();
  }

  #open(windowId: number, options: WindowOptions): Promise<void> {
    const window = this.#makeWindow(windowId, options);
    this.#windows.set(windowId, { options, window });
    return window.then(() => this.#tellNewPage());
  }

  async #alive(windowId: number, entry: Entry): Promise<HostWindow> {
    const asked = entry.window;
    const window = await asked;
    if (window.isAlive) return window;
    if (entry.window !== asked) return this.#alive(windowId, entry);
    entry.window = this.#makeWindow(windowId, entry.options);
    const fresh = await entry.window;
    if (window.lastUrl !== null) await fresh.load(window.lastUrl);
    await window.close();
    this.#tellNewPage();
    return fresh;
  }

  #tellNewPage(): void {
    for (const tell of this.#newPage) tell();
    this.#newPage.clear();
  }

  async #makeWindow(windowId: number, options: WindowOptions): Promise<HostWindow> {
    if (this.#isStopped) throw new Error('the app has ended');
    const { executable, isHeadless, locale, startChromium } = this.#options;
    const { width, height } = options;
    this.#chromium ??= startChromium({ executable, isHeadless, locale, width, height }).then((chromium) => {
      void chromium.ended.then(() => {
        this.#chromium = null;
      });
      return chromium;
    });
    const chromium = await this.#chromium;
    const page = await chromium.newPage({ width, height });
    const colorScheme = this.#theme === 'system' ? null : this.#theme;
    if (colorScheme !== null) await page.emulateMedia({ colorScheme });
    return HostWindow.on(page, chromium.context, options, this.#linkOf(windowId));
  }

  #linkOf(windowId: number): WindowLink {
    const main = this.#main;
    if (!main) throw new Error('no main process is attached');
    return {
      request: (request) => main.call('request', windowId, request),
      invoke: (message) => main.call('invoke', windowId, message),
      message: (message) => void main.call('message', windowId, message),
      event: (event) => void main.call('event', windowId, event),
      mayOpen: (url) => main.call('window-open', windowId, url),
    };
  }

  async #reload(windowId: number): Promise<void> {
    const entry = this.#windows.get(windowId);
    if (!entry) return;
    // A page in the place of one that crashed has just been loaded.
    if ((await entry.window).isAlive) await (await entry.window).reload();
    else await this.#alive(windowId, entry);
  }

  /** One after the other, as a window manager does. */
  async #show(windowId: number, isShown: boolean, isFocused: boolean): Promise<void> {
    const entry = this.#windows.get(windowId);
    if (!entry) return;
    entry.options = { ...entry.options, isShown };
    const turn = (entry.turn ?? entry.window).then(async () => {
      if (!isShown && !(await entry.window).isAlive) return;
      const window = await this.#alive(windowId, entry);
      await (isShown ? window.show(isFocused) : window.hide());
    });
    entry.turn = turn.catch(() => undefined);
    await turn;
  }

  async #close(windowId: number): Promise<void> {
    const entry = this.#windows.get(windowId);
    this.#windows.delete(windowId);
    await (await entry?.window)?.close();
  }

  async #setTheme(source: 'system' | 'light' | 'dark'): Promise<void> {
    this.#theme = source;
    for (const { window } of this.#windows.values()) {
      const { page, isAlive } = await window;
      if (isAlive) await page.emulateMedia({ colorScheme: source === 'system' ? null : source });
    }
  }
}
