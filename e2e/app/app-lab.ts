import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from '@playwright/test';
import { ensureAppIsBuilt } from '../../lab/built.ts';
import { SharedChromium } from '../../lab/host/browser/chromium.ts';
import { endSession } from '../../lab/stack/integration-call.ts';
import { createProcessKeeper, type ManagedProcess } from '../../lab/stack/processes.ts';
import { type RunningStack, startStack } from '../../lab/stack/start-stack.ts';
import { freshSteps } from '../../lab/totp-steps.ts';
import { gatewayPeers } from '../../scripts/story/observe.ts';
import type { AppSnapshot } from '../../src-shared/app-snapshot.ts';
import type { StackFile } from '../../src-shared/stack-file.ts';
import { answers } from '../stack/stack-process.ts';
import { Desktop } from './driver.ts';
import { type LaunchedApp, launchApp } from './launch.ts';

export type Member = StackFile['members'][number];

/** Long enough for a busy machine; every wait ends as soon as what it waits for is there. */
export const PATIENCE_MS = 30_000;
export const within = { timeout: PATIENCE_MS };

/** One running app with a profile of its own. */
export interface AppOnLaptop {
  app: LaunchedApp;
  desktop: Desktop;
  env: Record<string, string>;
}

/** A real stack, and desktop apps on its laptop. A member for each test: a code works once. */
export class AppLab {
  readonly stack: RunningStack;
  readonly #folder: string;
  readonly #unused: Member[];
  #server: ManagedProcess;
  readonly #serverCommand: string[];
  readonly #apps: AppOnLaptop[] = [];
  readonly #chromium = new SharedChromium();
  #profiles = 0;

  private constructor(folder: string, stack: RunningStack) {
    this.#folder = folder;
    this.stack = stack;
    this.#unused = [...stack.file.members];
    this.#server = stack.server;
    this.#serverCommand = readFileSync(`/proc/${stack.server.pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  }

  /** `policy`: `key=value` words on top of the default one. */
  static async start(members: number, gateways = 1, policy: readonly string[] = []): Promise<AppLab> {
    ensureAppIsBuilt();
    const folder = mkdtempSync(path.join(tmpdir(), 'pst-d3-'));
    const signal = new AbortController().signal;
    const options = { folder: path.join(folder, 'stack'), members, gateways, policy, rttMs: 0, signal };
    return new AppLab(
      folder,
      await startStack({ ...options, hasCheapHashes: true, onStep: () => undefined }),
    );
  }

  async stop(): Promise<void> {
    await this.endApps();
    await this.#chromium.stop();
    await this.#server.stop();
    await this.stack.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get file(): StackFile {
    return this.stack.file;
  }

  newMember(): Member {
    const member = this.#unused.shift();
    if (!member) throw new Error('the stack needs more members');
    return member;
  }

  /** Everything that the stack, its laptop and the apps' profiles wrote. */
  get folder(): string {
    return this.#folder;
  }

  /** Starts the app; without `env` with a profile that nobody used before. `null` takes a variable away. */
  async launch(
    options: { args?: string[]; env?: Record<string, string | null>; locale?: string } = {},
  ): Promise<AppOnLaptop> {
    this.#profiles += 1;
    const home = path.join(this.#folder, `home-${this.#profiles}`);
    mkdirSync(path.join(home, 'Documents'), { recursive: true, mode: 0o700 });
    const wanted: Record<string, string | null> = {
      ...this.stack.laptop.env,
      HOME: home,
      POSTERN_PROFILE: path.join(home, 'profile'),
      POSTERN_LOG_LEVEL: 'info',
      ...options.env,
    };
    const env: Record<string, string> = {};
    // The laptop's shell sets its own variables first.
    const change: string[] = [];
    for (const [name, value] of Object.entries(wanted)) {
      if (value === null) change.unshift('-u', name);
      else {
        env[name] = value;
        change.push(`${name}=${value}`);
      }
    }
    const { args, locale } = options;
    const app = await launchApp({
      env,
      enter: [this.stack.laptop.shell, 'env', ...change],
      chromium: this.#chromium,
      ...(args === undefined ? {} : { args }),
      ...(locale === undefined ? {} : { locale }),
    });
    const running = { app, desktop: new Desktop(app), env };
    this.#apps.push(running);
    return running;
  }

  async endApps(): Promise<void> {
    await Promise.all(this.#apps.splice(0).map(({ app }) => app.stop()));
  }

  /** Three codes that the server takes one after the other now. */
  codes(member: Member) {
    return freshSteps(member.totpSecret);
  }

  /** The call of the security team. */
  kick(member: Member, reason = 'Sign-in from a new country') {
    return endSession(this.file, { memberId: member.id, reason, incidentId: 'INC-1042' });
  }

  /** Whether the page behind the gateway loads on the laptop. */
  tunnelWorks(): Promise<boolean> {
    return answers(this.file.laptop.netns, this.file.target.url);
  }

  peers(): Promise<string[]> {
    return gatewayPeers(this.stack);
  }

  /** The server is there and answers nothing. */
  pauseServer(isPaused: boolean): void {
    this.#server.kill(isPaused ? 'SIGSTOP' : 'SIGCONT');
  }

  /** Rows of the server's database, read beside it. */
  query(sql: string, ...parameters: string[]): Record<string, unknown>[] {
    const database = new DatabaseSync(path.join(this.stack.folder, 'server/postern.db'), { readOnly: true });
    try {
      return database.prepare(sql).all(...parameters);
    } finally {
      database.close();
    }
  }

  async killServer(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.#server.kill(signal);
    await this.#server.ended;
  }

  async startServer(): Promise<void> {
    const keeper = createProcessKeeper(path.join(this.stack.folder, 'logs'));
    this.#server = keeper.start({ name: 'server', command: this.#serverCommand });
  }
}

/** The page's own truth: what main sent last. */
export function snapshotOf(page: Page): Promise<AppSnapshot> {
  return page.evaluate(() => window.postern.snapshot());
}

/** Waits until the connection is in this phase, in main. */
export async function expectPhase(page: Page, phase: AppSnapshot['connection']['phase']): Promise<void> {
  let seen = '';
  for (const until = Date.now() + PATIENCE_MS; Date.now() < until; await sleep(20)) {
    seen = (await snapshotOf(page)).connection.phase;
    if (seen === phase) return;
  }
  throw new Error(`expected the phase ${phase}, and it stayed ${seen}`);
}
