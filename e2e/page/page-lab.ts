import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type BrowserContextOptions, chromium, type Page } from '@playwright/test';
import { findHeadlessChromium } from '../../lab/host/browser/chromium.ts';

/** The header that `app://ui` answers with (security.md, Electron checklist 15). */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";
const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };
const configFile = fileURLToPath(new URL('../../src-renderer/vite.config.ts', import.meta.url));
const vite = fileURLToPath(new URL('../../node_modules/vite/bin/vite.js', import.meta.url));
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface Shown {
  scenario: string;
  theme?: 'light' | 'dark';
  language?: 'en' | 'de';
  width?: number;
  height?: number;
  context?: BrowserContextOptions;
}

export interface PageLab {
  /** A fresh window on a scenario of the harness. What the page complains of collects in `complaints`. */
  show(what: Shown): Promise<Page>;
  complaints: string[];
  close(): Promise<void>;
}

/** Builds the page as it ships, or with its harness, into a folder of its own. */
export async function buildPage(mode: 'production' | 'harness', outDir: string): Promise<void> {
  const build = ['build', '-c', configFile, '--mode', mode, '--logLevel', 'error', '--outDir', outDir];
  // Not in this process: under a test runner's NODE_ENV, React would be built as for development.
  const env = { ...process.env, NODE_ENV: 'production' };
  await promisify(execFile)(process.execPath, [vite, ...build, '--emptyOutDir'], { env });
}

/** The harness build behind the real policy, in the system's Chromium. */
export async function openPageLab(): Promise<PageLab> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-page-'));
  await buildPage('harness', folder);
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://page').pathname);
    const type = types[extname(path)];
    if (type === undefined) return void response.writeHead(204).end();
    const body = await readFile(join(folder, path));
    response.writeHead(200, { 'content-type': type, 'content-security-policy': policy }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // `listen` on a host and port gives an AddressInfo; a string is for pipes.
  const { port } = server.address() as AddressInfo;
  const executable = findHeadlessChromium();
  if (executable === null) throw new Error('no Chromium and no Chrome on this machine');
  const browser = await chromium.launch({ executablePath: executable, args: flags });
  const complaints: string[] = [];
  return {
    complaints,
    async show({ scenario, theme = 'light', language = 'en', width = 900, height = 640, context = {} }) {
      for (const old of browser.contexts()) await old.close();
      const window = await browser.newContext({
        viewport: { width, height },
        reducedMotion: 'reduce',
        ...context,
      });
      const page = await window.newPage();
      page.setDefaultTimeout(10_000);
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(error.message));
      const query = new URLSearchParams({ scenario, theme, language });
      await page.goto(`http://127.0.0.1:${port}/harness/index.html?${query}`);
      await page.locator('h1').first().waitFor();
      return page;
    },
    async close() {
      await browser.close();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What the page has sent by this command, oldest first. */
export function sentBy(page: Page, name: string): Promise<unknown[]> {
  return page.evaluate(
    (wanted) => window.harness.calls.filter((call) => call.name === wanted).map((call) => call.input ?? null),
    name,
  );
}

/** The next answers of `connection.submit-proof`: refusals by code, with what the server adds. */
export async function refuse(page: Page, code: string, extra: Record<string, unknown> = {}): Promise<void> {
  await page.evaluate(
    ({ code, extra }) =>
      window.harness.answer('connection.submit-proof', {
        ok: false,
        problem: { type: `urn:postern:problem:${code}`, code, title: '', status: 401, detail: '', ...extra },
      }),
    { code, extra },
  );
}
