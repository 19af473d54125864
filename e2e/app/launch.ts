import path from 'node:path';
import { _electron, type Page } from '@playwright/test';
import { electronBinary } from '../../lab/electron-binary.ts';
import type { SharedChromium } from '../../lab/host/browser/chromium.ts';
import type { VirtualAuthenticator } from '../../lab/host/browser/virtual-authenticator.ts';
import type { AuthenticatorOptions } from '../../lab/host/contract.ts';
import { launchHost } from '../../lab/host/launch-host.ts';
import { checkout } from '../stack/stack-process.ts';

/** `browser`: the host; `electron`: the real thing, where its binary is there. The same tests run in both. */
export const appHost: 'browser' | 'electron' =
  process.env.POSTERN_APP_HOST === 'electron' ? 'electron' : 'browser';

export interface LaunchedApp {
  page(): Promise<Page>;
  evaluate<R, A>(run: (electron: typeof Electron, argument: A) => R, argument: A): Promise<Awaited<R>>;
  /** Everything that main has printed. */
  output(): string;
  /** Process id of what draws the window: Chromium, or Electron itself. */
  windowPid(): Promise<number>;
  /** The page of the unlock window at `origin`; waits for it. Only in the host. */
  pageAt(origin: string): Promise<Page>;
  /** A sensor with keys for the windows that are opened from now on. Only in the host: it stands for the hardware. */
  virtualAuthenticator(options: AuthenticatorOptions): VirtualAuthenticator;
  /** Exit code, or null after a signal. */
  readonly ended: Promise<number | null>;
  kill(): void;
  /** Ends it, however it is; idempotent. */
  stop(): Promise<void>;
}

export interface LaunchOptions {
  env: Record<string, string>;
  args?: readonly string[];
  /** Brings a program to the laptop's network. */
  enter: readonly string[];
  locale?: string;
  /** The browser host's windows are in it. */
  chromium?: SharedChromium;
}

/** Starts the desktop app on the laptop of a stack. */
export function launchApp(options: LaunchOptions): Promise<LaunchedApp> {
  return appHost === 'electron' ? launchElectron(options) : launchBrowserHost(options);
}

async function launchBrowserHost({
  env,
  args = [],
  enter,
  locale = 'en-US',
  chromium,
}: LaunchOptions): Promise<LaunchedApp> {
  const isHeadless = process.env.POSTERN_APP_HEADED !== '1';
  const shared = chromium && { startChromium: chromium.start };
  const host = launchHost({ enter, env, args, isHeadless, locale, ...shared });
  return {
    page: host.page,
    evaluate: host.evaluate,
    output: host.output,
    windowPid: async () => (await host.chromium())?.pid ?? 0,
    pageAt: host.pageAt,
    virtualAuthenticator: host.virtualAuthenticator,
    ended: host.ended.then((end) => (typeof end === 'number' ? end : null)),
    kill: () => host.kill('SIGKILL'),
    stop: host.stop,
  };
}

function onlyInHost(): never {
  throw new Error('the hardware of a sensor is there in the browser host only');
}

/**
 * Real Electron stays in this process's network: Playwright reaches it over loopback. Server and helper are reached all
 * the same, and the tunnel is the helper's.
 */
async function launchElectron({ env, args = [], locale = 'en-US' }: LaunchOptions): Promise<LaunchedApp> {
  const executablePath = electronBinary();
  if (executablePath === null)
    throw new Error(
      'POSTERN_APP_HOST=electron, but node_modules/electron has no binary: run npx install-electron',
    );
  const recorder = path.join(checkout, 'lab/host/electron/electron-recorder.cjs');
  const isRoot = process.getuid?.() === 0;
  const app = await _electron.launch({
    executablePath,
    args: ['-r', recorder, ...(isRoot ? ['--no-sandbox'] : []), `--lang=${locale}`, checkout, ...args],
    env: { ...env, ...(process.env.DISPLAY === undefined ? {} : { DISPLAY: process.env.DISPLAY }) },
    cwd: checkout,
  });
  let output = '';
  const child = app.process();
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  return {
    page: () => app.firstWindow(),
    evaluate: (run, argument) =>
      app.evaluate(run as Parameters<typeof app.evaluate>[0], argument) as Promise<never>,
    output: () => output,
    windowPid: async () => child.pid ?? 0,
    pageAt: onlyInHost,
    virtualAuthenticator: onlyInHost,
    ended,
    kill: () => void child.kill('SIGKILL'),
    async stop() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
