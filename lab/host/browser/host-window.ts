import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BrowserContext, CDPSession, Page, Request, Route } from '@playwright/test';
import type { HostRequest, HostResponse, PageMessage, WindowEvent, WindowOptions } from '../contract.ts';
import { createCloneCodec } from './clone-codec.ts';
import { fromPageUrl, toPageUrl } from './page-url.ts';
import { createBridgeEnd, joinPageWorld, startPreloadWorld } from './page-worlds.ts';
import type { VirtualAuthenticator } from './virtual-authenticator.ts';
import { watchVisibility } from './visibility.ts';

/** What a window asks of main, bound to its id. */
export interface WindowLink {
  request(request: HostRequest): Promise<HostResponse>;
  invoke(message: PageMessage): Promise<{ isOk: boolean; wire: string }>;
  message(message: PageMessage): void;
  event(event: WindowEvent): void;
  mayOpen(url: string): Promise<'allow' | 'deny'>;
}

const PRELOAD_WORLD = 'preload';
const FOCUS_TRIES = 10;
const NEVER = /^(chrome|devtools|about|data|blob):/;
/** How Playwright and Chromium say that a page, a document or a request is no longer there. */
const GONE = /closed|crashed|detached|context|Invalid InterceptionId|already handled/i;

/** One page in a window of its own: requests, preload world, visibility and focus as `BrowserWindow` has them. */
export class HostWindow {
  readonly page: Page;
  readonly #link: WindowLink;
  readonly #cdp: CDPSession;
  readonly #names = { toHost: `toHost${randomUUID()}`, fromHost: `fromHost${randomUUID()}` };
  readonly #worlds = new Map<number, string>();
  #worldOfMainFrame: number | null = null;
  #windowId = 0;
  /** A navigation that main asked for and that need not be asked for again. */
  #expected: string | null = null;
  #isClosing = false;
  #hasCrashed = false;
  #lastUrl: string | null = null;
  #size = { width: 0, height: 0 };

  private constructor(page: Page, cdp: CDPSession, link: WindowLink) {
    this.page = page;
    this.#cdp = cdp;
    this.#link = link;
  }

  /** Takes `page` over: nothing but what `link` answers is ever loaded into it. */
  static async on(
    page: Page,
    context: BrowserContext,
    options: WindowOptions,
    link: WindowLink,
  ): Promise<HostWindow> {
    const cdp = await context.newCDPSession(page);
    const window = new HostWindow(page, cdp, link);
    await window.#prepare(options);
    return window;
  }

  async #prepare(options: WindowOptions): Promise<void> {
    const { page } = this;
    const cdp = this.#cdp;
    cdp.on('Runtime.executionContextCreated', ({ context }) => {
      if (context.name !== PRELOAD_WORLD) return;
      const frameId = String(context.auxData?.frameId ?? '');
      this.#worlds.set(context.id, frameId);
      const noteMainFrame = async (): Promise<void> => {
        if ((await this.#mainFrameId()) === frameId) this.#worldOfMainFrame = context.id;
      };
      void this.#whilePageLives(noteMainFrame());
    });
    cdp.on('Runtime.executionContextDestroyed', ({ executionContextId }) => {
      this.#worlds.delete(executionContextId);
      if (this.#worldOfMainFrame === executionContextId) this.#worldOfMainFrame = null;
    });
    cdp.on('Runtime.bindingCalled', ({ name, payload, executionContextId }) => {
      if (name === this.#names.toHost) void this.#whilePageLives(this.#fromPage(payload, executionContextId));
    });
    await Promise.all([cdp.send('Page.enable'), cdp.send('Runtime.enable')]);
    const { windowId } = await cdp.send('Browser.getWindowForTarget');
    this.#windowId = windowId;
    if (options.preload !== null) await this.#installPreload(options.preload);
    await page.route('**/*', (route, request) => this.#whilePageLives(this.#answer(route, request)));
    await this.resize(options.width, options.height);
    await watchVisibility(cdp, (event) => this.#link.event(event));
    if (!options.isShown) await this.hide();

    page.on('domcontentloaded', () => this.#link.event({ type: 'dom-ready' }));
    page.on('load', () => this.#link.event({ type: 'did-finish-load', url: fromPageUrl(page.url()) }));
    page.on('crash', () => {
      this.#hasCrashed = true;
      this.#link.event({ type: 'gone' });
    });
    page.on('close', () => {
      if (!this.#isClosing) this.#link.event({ type: 'closed-by-user' });
    });
    page.on('popup', (popup) => void this.#whilePageLives(this.#onPopup(popup)));
  }

  async #installPreload(preload: string): Promise<void> {
    const cdp = this.#cdp;
    const token = randomUUID();
    const parts = `${JSON.stringify(token)}, ${createBridgeEnd}, ${createCloneCodec}`;
    const names = JSON.stringify({ ...this.#names, platform: process.platform });
    const wrapped = `function (require, module, exports, process) {${preload}\n}`;
    const [first, ...rest] = parts.split(', ');
    await cdp.send('Runtime.addBinding', { name: this.#names.toHost, executionContextName: PRELOAD_WORLD });
    await cdp.send('Page.addScriptToEvaluateOnNewDocument', { source: `(${joinPageWorld})(${parts});` });
    await cdp.send('Page.addScriptToEvaluateOnNewDocument', {
      worldName: PRELOAD_WORLD,
      source: `(${startPreloadWorld})(${first}, ${names}, ${rest.join(', ')}, ${wrapped});`,
    });
  }

  async #mainFrameId(): Promise<string> {
    const { frameTree } = await this.#cdp.send('Page.getFrameTree');
    return frameTree.frame.id;
  }

  async #fromPage(payload: string, context: number): Promise<void> {
    const frameId = this.#worlds.get(context) ?? '';
    const isMain = frameId === (await this.#mainFrameId());
    const { kind, channel, call, args } = JSON.parse(payload);
    const frame = { id: frameId, url: fromPageUrl(this.page.url()), isMain };
    const message: PageMessage = { channel, frame, argsWire: args };
    if (kind === 'send') {
      this.#link.message(message);
      return;
    }
    const { isOk, wire } = await this.#link.invoke(message);
    await this.#toPage(
      context,
      isOk ? { kind: 'return', call, isOk, wire } : { kind: 'return', call, channel, isOk, error: wire },
    );
  }

  async #toPage(context: number, message: object): Promise<void> {
    const expression = `globalThis[${JSON.stringify(this.#names.fromHost)}](${JSON.stringify(JSON.stringify(message))})`;
    await this.#whilePageLives(
      this.#cdp.send('Runtime.evaluate', { contextId: context, expression, silent: true }),
    );
  }

  /** Nobody waits for the end of `work` any more when the document that it was for is gone. */
  async #whilePageLives(work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (error) {
      const isGone = error instanceof Error && GONE.test(error.message);
      if (!isGone && this.isAlive && !this.#isClosing) throw error;
    }
  }

  async #answer(route: Route, request: Request): Promise<void> {
    const url = fromPageUrl(request.url());
    const isNavigation = request.isNavigationRequest();
    const isExpected = isNavigation && this.#expected === url;
    if (isExpected) this.#expected = null;
    const answer = NEVER.test(url)
      ? ({ kind: 'refuse' } as const)
      : await this.#link.request({
          url,
          method: request.method(),
          headers: await request.allHeaders(),
          resourceType: isNavigation
            ? request.frame().parentFrame()
              ? 'subFrame'
              : 'mainFrame'
            : request.resourceType(),
          isOwnNavigation: isNavigation && !isExpected,
        });
    if (answer.kind === 'pass') await route.continue();
    else if (answer.kind === 'refuse') await route.abort('blockedbyclient');
    // 204: a browser that is told "no content" leaves the document alone.
    else if (answer.kind === 'stay') await route.fulfill({ status: 204 });
    else {
      const { status, headers } = answer;
      await route.fulfill({ status, headers, body: Buffer.from(answer.body) });
    }
  }

  async #onPopup(popup: Page): Promise<void> {
    await this.#link.mayOpen(fromPageUrl(popup.url()));
    // Allowed or not: a window that the app did not make has no place here.
    await popup.close();
  }

  /** A page that crashed or was closed stays so. */
  get isAlive(): boolean {
    return !this.#hasCrashed && !this.page.isClosed();
  }

  /** What it was told to load last, as main names it. */
  get lastUrl(): string | null {
    return this.#lastUrl;
  }

  /** Before the page loads. */
  async giveAuthenticator(authenticator: VirtualAuthenticator): Promise<void> {
    await authenticator.join(this.#cdp);
    this.page.once('close', () => authenticator.leave(this.#cdp));
  }

  /** Resolves when the page has loaded; rejects when it has not. */
  async load(url: string): Promise<void> {
    this.#expected = url;
    this.#lastUrl = url;
    await this.page.goto(toPageUrl(url), { waitUntil: 'load' });
  }

  async reload(): Promise<void> {
    this.#expected = fromPageUrl(this.page.url());
    await this.page.reload();
  }

  async show(isFocused: boolean): Promise<void> {
    await this.#whilePageLives(this.#show(isFocused));
  }

  async #show(isFocused: boolean): Promise<void> {
    await this.#bounds({ windowState: 'normal' });
    if (isFocused) await this.#bringToFront();
  }

  /** Until the page says that it has the focus: a window that is still being shown cannot take it yet. */
  async #bringToFront(): Promise<void> {
    let isFocused = false;
    for (let tries = 0; tries < FOCUS_TRIES && !isFocused; tries++) {
      if (tries > 0) await sleep(50);
      await this.#cdp.send('Page.bringToFront');
      const { result } = await this.#cdp.send('Runtime.evaluate', { expression: 'document.hasFocus()' });
      isFocused = result.value === true;
    }
    // Main may have heard of an older loss of focus meanwhile.
    this.#link.event({ type: 'focused', isFocused });
  }

  async hide(): Promise<void> {
    await this.#bounds({ windowState: 'minimized' });
  }

  /** Width and height of the page itself, CSS pixels. */
  async resize(width: number, height: number): Promise<void> {
    this.#size = { width, height };
    const frame = await this.page.evaluate(() => ({
      width: Math.max(0, outerWidth - innerWidth),
      height: Math.max(0, outerHeight - innerHeight),
    }));
    await this.#bounds({ width: width + frame.width, height: height + frame.height });
  }

  async #bounds(bounds: {
    windowState?: 'normal' | 'minimized';
    width?: number;
    height?: number;
  }): Promise<void> {
    await this.#cdp.send('Browser.setWindowBounds', { windowId: this.#windowId, bounds });
  }

  /** The browser's zoom: fewer CSS pixels, each drawn larger. */
  async zoom(factor: number): Promise<void> {
    const { width, height } = this.#size;
    await this.#cdp.send('Emulation.setDeviceMetricsOverride', {
      width: Math.round(width / factor),
      height: Math.round(height / factor),
      deviceScaleFactor: factor,
      mobile: false,
    });
  }

  async crash(): Promise<void> {
    // What crashes cannot answer.
    await this.#whilePageLives(this.#cdp.send('Page.crash'));
  }

  async send(channel: string, argsWire: string): Promise<void> {
    const context = this.#worldOfMainFrame;
    if (context !== null) await this.#toPage(context, { kind: 'message', channel, args: argsWire });
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    if (!this.page.isClosed()) await this.page.close();
  }
}
