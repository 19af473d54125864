import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from '@playwright/test';

const START_LIMIT_MS = 60_000;
const CONNECT_LIMIT_MS = 8_000;
const CONNECT_TRIES = 4;
const HEADLESS_SHELL = '/usr/bin/chromium-headless-shell';
const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** Chromium or Chrome as the system has it, or null. */
export function findChromium(): string | null {
  return places.find((place) => existsSync(place)) ?? null;
}

/** What nobody looks at needs half of the computing in Debian's Chromium without window system; else the whole one, or null. */
export function findHeadlessChromium(): string | null {
  return existsSync(HEADLESS_SHELL) ? HEADLESS_SHELL : findChromium();
}

export interface ChromiumOptions {
  executable: string;
  isHeadless: boolean;
  width: number;
  height: number;
  /** BCP 47. */
  locale: string;
}

export interface RunningChromium {
  pid: number;
  context: BrowserContext;
  /** A page in a window of its own, CSS pixels: the first time the one without address bar that Chromium began with. */
  newPage(size: { width: number; height: number }): Promise<Page>;
  /** Resolves when its process is gone. */
  ended: Promise<void>;
  stop(): Promise<void>;
}

/** The last three start renderers for Chromium's own pages and for pages to come, two for each window. */
const unwanted = [
  ...['Translate', 'MediaRouter', 'OptimizationHints', 'AutofillServerCommunication'],
  ...['PreloadTopChromeWebUI', 'PreloadTopChromeWebUILessNavigations', 'SpareRendererForSitePerProcess'],
];

const quiet = [
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-extensions',
  `--disable-features=${unwanted.join()}`,
  '--disable-search-engine-choice-screen',
  '--password-store=basic',
  '--use-mock-keychain',
  '--hide-crash-restore-bubble',
];

/**
 * Starts Chromium with a fresh profile and joins Playwright to it. Started here and not by Playwright, whose own way
 * makes every page believe that it is visible and focused for ever.
 */
export async function startChromium(options: ChromiumOptions): Promise<RunningChromium> {
  const profile = mkdtempSync(path.join(tmpdir(), 'postern-window-'));
  const isRoot = process.getuid?.() === 0;
  const args = [
    ...quiet,
    ...(options.isHeadless
      ? [
          ...['--headless=new', '--disable-gpu', '--hide-scrollbars', '--keep-alive-for-test'],
          // Spinners and rings that nobody looks at are half of what a page computes.
          '--force-prefers-reduced-motion',
        ]
      : []),
    // The sandbox needs namespaces that root does not get; no page but ours is ever shown.
    ...(isRoot ? ['--no-sandbox', '--test-type'] : []),
    `--user-data-dir=${profile}`,
    `--lang=${options.locale}`,
    `--window-size=${options.width},${options.height}`,
    '--remote-debugging-port=0',
    // The one without window system knows no windows without address bar, for it has no bars.
    options.executable === HEADLESS_SHELL ? 'about:blank' : '--app=about:blank',
  ];
  const child = spawn(options.executable, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  });
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 3_000);
    await ended;
    clearTimeout(timer);
    rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  };
  try {
    const browser = await connect(await debugUrl(child));
    const context = browser.contexts()[0];
    if (!context) throw new Error('Chromium shows no context');
    const firstPage = context.pages()[0] ?? (await context.waitForEvent('page'));
    const newPage = pageMaker(browser, context, firstPage);
    return { pid: child.pid ?? 0, context, newPage, ended, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** One after the other: a new page tells nothing of who asked for it. */
function pageMaker(browser: Browser, context: BrowserContext, firstPage: Page): RunningChromium['newPage'] {
  let turn: Promise<Page> | null = null;
  const open = async ({ width, height }: { width: number; height: number }): Promise<Page> => {
    const cdp = await browser.newBrowserCDPSession();
    // Together: Chromium may end in between, and then both fail.
    const [opened] = await Promise.all([
      context.waitForEvent('page'),
      cdp.send('Target.createTarget', { url: 'about:blank', newWindow: true, width, height }),
    ]);
    await cdp.detach();
    return opened;
  };
  return (size) => {
    turn =
      turn === null
        ? Promise.resolve(firstPage)
        : turn.then(
            () => open(size),
            () => open(size),
          );
    return turn;
  };
}

/**
 * Several apps on one Chromium, each with windows of its own: a start of Chromium costs five seconds of computing.
 * Nothing of one app is left for the next but Chromium's own caches; our pages store nothing in it.
 */
export class SharedChromium {
  readonly #running = new Map<string, Promise<RunningChromium>>();

  /** Starts one if there is none in this language, or if it is gone. `stop` of what is returned closes its pages only. */
  readonly start = async (options: ChromiumOptions): Promise<RunningChromium> => {
    const key = `${options.locale} ${options.isHeadless}`;
    const starting = this.#running.get(key) ?? startChromium(options);
    this.#running.set(key, starting);
    const running = await starting;
    const forget = (): void => {
      if (this.#running.get(key) === starting) this.#running.delete(key);
    };
    void running.ended.then(forget);
    const pages: Page[] = [];
    return {
      ...running,
      async newPage(size) {
        const page = await running.newPage(size);
        pages.push(page);
        return page;
      },
      async stop() {
        await Promise.all(pages.filter((page) => !page.isClosed()).map((page) => page.close()));
      },
    };
  };

  /** All of them, for good. */
  async stop(): Promise<void> {
    await Promise.all([...this.#running.values()].map(async (running) => (await running).stop()));
  }
}

/** On a busy machine Chromium may be asked about its first page while that is still being made, and never answer. */
async function connect(url: string): Promise<Browser> {
  for (let tries = CONNECT_TRIES; ; tries--) {
    try {
      return await chromium.connectOverCDP(url, {
        noDefaults: true,
        isLocal: true,
        timeout: CONNECT_LIMIT_MS,
      });
    } catch (error) {
      if (tries <= 1) throw error;
    }
  }
}

function debugUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const fail = (why: string): void => reject(new Error(`Chromium ${why}:\n${said.slice(-2000)}`));
    const timer = setTimeout(() => fail('did not start in time'), START_LIMIT_MS);
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code) => fail(`ended with code ${code}`));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-10_000);
      const match = /DevTools listening on (ws:\S+)/.exec(said);
      if (!match?.[1]) return;
      clearTimeout(timer);
      resolve(match[1]);
    });
  });
}
