import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Browser, type BrowserContextOptions, chromium, type Page } from '@playwright/test';
import { Agent, request } from 'undici';
import { expect, onTestFinished } from 'vitest';
import { findHeadlessChromium } from '../../lab/host/browser/chromium.ts';
import { checkout, type Programs } from '../../lab/stack/folders.ts';
import { type RunningStack, startStack } from '../../lab/stack/start-stack.ts';
import { CLI_ACTOR, withServerFiles } from '../../src-server/cli/run-command.ts';
import { addMember } from '../../src-server/people/members/member-store.ts';
import type { StackFile } from '../../src-shared/stack-file.ts';
import { axeViolations, colourRules } from '../axe/axe-violations.ts';
import { Phone } from './oathtool.ts';

const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'];
/** Long enough for a busy machine; every wait ends as soon as what it waits for is there. */
export const PATIENCE_MS = 30_000;
export const within = { timeout: PATIENCE_MS };

export interface Person {
  id: string;
  email: string;
  password: string;
  /** Null: no second factor yet. */
  phone: Phone | null;
}

export interface Visit {
  page: Page;
  /** What the page complained of: errors, and refusals of its policy. */
  complaints: string[];
}

/** A mail as the page of the stack's mail server lists it. */
export interface Mail {
  to: string[];
  subject: string;
  text: string;
  html: string;
}

/** The real server on a local stack, and the system's Chromium in front of its Control Panel. */
export class PanelLab {
  readonly stack: RunningStack;
  readonly admin: Person;
  readonly #folder: string;
  readonly #browser: Browser;
  readonly #agent: Agent;
  readonly #unused: Person[];
  #added = 0;

  private constructor(folder: string, stack: RunningStack, browser: Browser) {
    this.#folder = folder;
    this.stack = stack;
    this.#browser = browser;
    this.#agent = new Agent({ connect: { ca: readFileSync(stack.file.caFile, 'utf8') } });
    const person = (account: StackFile['members'][number]): Person => ({
      ...account,
      phone: new Phone(account.totpSecret),
    });
    this.#unused = stack.file.members.map(person);
    this.admin = person({ id: '', ...stack.file.admin });
  }

  /** `policy`: `key=value` words on top of the default one; `programs`: parts that are not this checkout's. */
  static async start(
    members: number,
    policy: readonly string[] = [],
    programs: Partial<Programs> = {},
  ): Promise<PanelLab> {
    const folder = mkdtempSync(path.join(tmpdir(), 'pst-pn-'));
    const signal = new AbortController().signal;
    const place = { folder: path.join(folder, 'stack'), signal };
    const options = { ...place, members, gateways: 1, policy, programs, rttMs: 0 };
    const stack = await startStack({ ...options, hasCheapHashes: true, onStep: () => undefined });
    try {
      const executable = findHeadlessChromium();
      if (executable === null) throw new Error('no Chromium and no Chrome on this machine');
      const browser = await chromium.launch({
        executablePath: '/usr/bin/chromium-headless-shell',
        args: flags,
      });
      return new PanelLab(folder, stack, browser);
    } catch (error) {
      await stack.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.#browser.close();
    await this.#agent.close();
    await this.stack.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get file(): StackFile {
    return this.stack.file;
  }

  get url(): string {
    return this.stack.file.serverUrl;
  }

  /** A member with a second factor, for one test alone: a code works once. */
  newMember(): Person {
    const member = this.#unused.shift();
    if (!member) throw new Error('the stack needs more members');
    return member;
  }

  /** A member as an administrator has just added: a password, and no second factor. */
  async addMember(role: 'member' | 'administrator' = 'member'): Promise<Person> {
    this.#added += 1;
    const email = `new${this.#added}@example.com`;
    const password = `correct horse battery ${this.#added}`;
    let id = '';
    await withServerFiles({ config: this.#config }, async (ctx) => {
      const name = `New Member ${this.#added}`;
      const added = await addMember(ctx, { email, password, name, role, withTotp: false }, CLI_ACTOR);
      if (!added.ok) throw new Error(added.problem.detail);
      id = added.value.id;
    });
    return { id, email, password, phone: null };
  }

  /** A browser of its own (cookies, storage) on a page of the panel. */
  async visit(at = '/', context: BrowserContextOptions = {}): Promise<Visit> {
    const own = await this.#browser.newContext({
      ignoreHTTPSErrors: true,
      viewport: { width: 1280, height: 800 },
      reducedMotion: 'reduce',
      locale: 'en-GB',
      permissions: ['clipboard-read', 'clipboard-write'],
      ...context,
    });
    // A page that is left goes on asking the server. What is opened before the tests is for all of them.
    if (expect.getState().currentTestName !== undefined) onTestFinished(() => own.close());
    const page = await own.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    const complaints: string[] = [];
    page.on('console', (message) => {
      // A refused request is an answer, and the browser writes it down as an error.
      const isAnswer = message.text().startsWith('Failed to load resource: the server responded');
      if (message.type() === 'error' && !isAnswer) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(`${this.url}${at}`);
    return { page, complaints };
  }

  /** Signed in through the page. */
  async signedIn(person: Person, at = '/', context: BrowserContextOptions = {}): Promise<Visit> {
    const visit = await this.visit(at, context);
    await signIn(visit.page, person);
    await visit.page.locator('#content').waitFor();
    return visit;
  }

  /** Mails to this address, newest first, once there are `count` of them. */
  async mailsTo(address: string, count = 1): Promise<Mail[]> {
    let found: Mail[] = [];
    await expect
      .poll(async () => {
        const answer = await fetch(`${this.file.mail.url}/mails.json`);
        const mails: Mail[] = JSON.parse(await answer.text());
        found = mails.filter(({ to }) => to.includes(address));
        return found.length;
      }, within)
      .toBeGreaterThanOrEqual(count);
    return found;
  }

  /** The server's own answer, without the page. */
  async ask(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    at: string,
    headers: Record<string, string> = {},
    body?: unknown,
  ): Promise<{ status: number; headers: Record<string, string | string[] | undefined>; body: string }> {
    const answer = await request(`${this.url}${at}`, {
      method,
      dispatcher: this.#agent,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.statusCode, headers: answer.headers, body: await answer.body.text() };
  }

  /** One command of `postern-server` on the files of this server, e.g. `policy set mfaRequired.panel=false`. */
  command(...words: string[]): string {
    const entry = path.join(checkout, 'src-server/cli.ts');
    return execFileSync(process.execPath, [entry, ...words, '--config', this.#config], { encoding: 'utf8' });
  }

  get #config(): string {
    return path.join(this.stack.folder, 'server/server.toml');
  }

  /** As if every code of a panel session had been given five minutes ago. */
  ageProofs(): void {
    this.sql("update session set proof_at = proof_at - 300000 where kind = 'panel'");
  }

  /** Rows of the server's database, read or changed beside it: only for what time alone would bring. */
  sql(text: string, ...parameters: (string | number)[]): Record<string, unknown>[] {
    const database = new DatabaseSync(path.join(this.stack.folder, 'server/postern.db'));
    try {
      database.exec('PRAGMA busy_timeout = 10000');
      return database.prepare(text).all(...parameters);
    } finally {
      database.close();
    }
  }
}

/** E-mail and password, and the code of the phone where one is asked for. */
export async function signIn(page: Page, person: Person): Promise<void> {
  await givePassword(page, person);
  if (person.phone === null) return;
  await page.getByLabel('6-digit code').fill(await person.phone.code());
}

export async function givePassword(page: Page, { email, password }: Person): Promise<void> {
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** One request as the page itself makes it: with the cookie, and with the CSRF token unless another one is given. */
export function asPage(
  page: Page,
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  at: string,
  body: unknown = null,
  csrfToken: string | null = null,
): Promise<{ status: number; body: Record<string, unknown> }> {
  return page.evaluate(
    async ({ method, at, body, csrfToken }) => {
      const session = await (await fetch('/panel/v1/session')).json();
      const headers = {
        'content-type': 'application/json',
        'x-csrf-token': csrfToken ?? session.csrfToken ?? '',
      };
      const isRead = method === 'GET';
      const content = isRead || body === null ? {} : { body: JSON.stringify(body) };
      const type = isRead || body === null ? { 'x-csrf-token': headers['x-csrf-token'] } : headers;
      const answer = await fetch(`/panel/v1/${at}`, { method, headers: type, ...content });
      const text = await answer.text();
      return { status: answer.status, body: text === '' ? {} : JSON.parse(text) };
    },
    { method, at, body, csrfToken },
  );
}

/** What axe finds, in light and in dark. */
export async function expectAccessible(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    // Halfway through a transition every colour is another one.
    await expect
      .poll(
        () =>
          page.evaluate(() =>
            document.getAnimations().some((animation) => animation.playState === 'running'),
          ),
        within,
      )
      .toBe(false);
    const found = await axeViolations(page, colorScheme === 'light' ? {} : colourRules);
    expect(found, `${name}, ${colorScheme}`).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: 'reduce' });
}

/** The page never scrolls sideways, from a phone to a large screen. */
export async function expectFits(page: Page, name: string): Promise<void> {
  const before = page.viewportSize();
  for (const width of [360, 600, 768, 960, 1280, 1600]) {
    await page.setViewportSize({ width, height: 800 });
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow, `${name} at ${width} px`).toBe(0);
  }
  if (before) await page.setViewportSize(before);
}
