import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import type { Page } from '@playwright/test';
import {
  type ChromiumOptions,
  findChromium,
  findHeadlessChromium,
  type RunningChromium,
  startChromium,
} from './browser/chromium.ts';
import type { VirtualAuthenticator } from './browser/virtual-authenticator.ts';
import { WindowHost } from './browser/window-host.ts';
import type { AuthenticatorOptions, BrowserCalls, MainCalls } from './contract.ts';
import { createWire, type Wire } from './wire.ts';

const root = path.resolve(import.meta.dirname, '../..');

export interface HostOptions {
  /** Command before the program, e.g. to enter a network namespace. */
  enter?: readonly string[];
  env: Record<string, string | undefined>;
  /** Another program than the app, e.g. one part of it. */
  program?: string;
  /** Arguments of the app. */
  args?: readonly string[];
  isHeadless: boolean;
  /** BCP 47. */
  locale?: string;
  /** Where the windows are; a Chromium of its own unless given. */
  startChromium?: (options: ChromiumOptions) => Promise<RunningChromium>;
  /** Where main's output goes. */
  onOutput?: (text: string) => void;
}

export interface HostedApp {
  /** Of the main process. */
  readonly pid: number;
  /** The page of its first window, when there is one that lives. */
  page(): Promise<Page>;
  /** Runs a self-contained function in main with the electron module, as Playwright does with real Electron. */
  evaluate<R, A>(run: (electron: typeof Electron, argument: A) => R, argument: A): Promise<Awaited<R>>;
  /** The page at this address, e.g. of the unlock window; waits for it. */
  pageAt(origin: string): Promise<Page>;
  /** Gives the computer a sensor with keys, which the windows opened from now on find. */
  virtualAuthenticator(options: AuthenticatorOptions): VirtualAuthenticator;
  chromium(): Promise<RunningChromium> | null;
  output(): string;
  /** Exit code, or the signal. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  kill(signal: NodeJS.Signals): void;
  /** Ends main if need be, and Chromium. */
  stop(): Promise<void>;
}

/** Starts src-main/main.ts, as it is, on Node with its windows in Chromium. */
export function launchHost(options: HostOptions): HostedApp {
  const executable = options.isHeadless ? findHeadlessChromium() : findChromium();
  if (executable === null) throw new Error('no Chromium and no Chrome on this machine');
  const locale = options.locale ?? 'en-US';
  const register = path.join(import.meta.dirname, 'electron/register.ts');
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', '--import', register];
  const [file = '', ...args] = [
    ...(options.enter ?? []),
    ...node,
    options.program ?? path.join(root, 'src-main/main.ts'),
    ...(options.args ?? []),
  ];
  const child = spawn(file, args, {
    env: {
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      ...options.env,
      POSTERN_HOST_LOCALE: locale,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const windows = new WindowHost({
    executable,
    isHeadless: options.isHeadless,
    locale,
    startChromium: options.startChromium ?? startChromium,
  });
  const main = join(child, windows);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      options.onOutput?.(text);
    });
  const ended = new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? signal));
  });
  const close = ended.then(() => windows.stop());
  return {
    pid: child.pid ?? 0,
    page: () => windows.page(),
    evaluate: (run, argument) => main.call('evaluate', String(run), argument) as Promise<never>,
    pageAt: (origin) => windows.pageAt(origin),
    virtualAuthenticator: (options) => windows.virtualAuthenticator(options),
    chromium: () => windows.chromium(),
    output: () => output,
    ended,
    kill: (signal) => void child.kill(signal),
    async stop() {
      child.kill('SIGKILL');
      await close;
    },
  };
}

function join(child: ChildProcess, windows: WindowHost): Wire<MainCalls> {
  const main = createWire<MainCalls, BrowserCalls>(
    {
      // A message to a main that has just ended has nobody to read it; `ended` says so.
      send: (message) => void (child.connected && child.send(message, () => undefined)),
      onMessage: (listener) => void child.on('message', listener),
    },
    windows.calls,
  );
  windows.attach(main);
  return main;
}
