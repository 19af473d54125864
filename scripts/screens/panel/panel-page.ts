import { cpSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Page, Route } from '@playwright/test';
import { ensurePanelIsBuilt } from '../../../lab/built.ts';
import { checkout } from '../../../lab/stack/folders.ts';
import { contentSecurityPolicy } from '../../../src-server/api/panel/panel-page.ts';
import { startTestServer } from '../../../src-server/testing/test-server.ts';
import { PANEL_API } from '../../../src-shared/panel/session.ts';
import { contentType } from '../content-type.ts';
import type { PanelShot } from './shot.ts';

/** The host that the page shows in its examples. */
const ORIGIN = 'https://vpn.northwind.example';
const policyHeader = Object.entries(contentSecurityPolicy.directives)
  .map(
    ([name, values]) =>
      `${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} ${values.join(' ')}`,
  )
  .join(';');

/** The built page of the Control Panel, with fixed answers in place of the server. */
export interface PanelPage {
  page: Page;
  /** Throws when the page asks for what the shot has no answer to, or complains of anything. */
  show(shot: PanelShot): Promise<void>;
}

/** Keeps the built page in `folder`, so that a new build meanwhile changes no picture, and shows it in `page`. */
export async function openPanelPage(folder: string, page: Page): Promise<PanelPage> {
  ensurePanelIsBuilt();
  cpSync(path.join(checkout, 'dist/panel'), folder, { recursive: true });
  const openApi = await realOpenApi();
  let complaints: string[] = [];
  let answers: PanelShot['answers'] = {};
  page.setDefaultTimeout(20_000);
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // A refusal is an answer, and the browser writes it down as an error.
    const isRefusal = message.text().startsWith('Failed to load resource: the server responded');
    if (message.type() === 'error' && !isRefusal) complaints.push(message.text());
  });
  await page.route('**/*', async (route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname === '/openapi.json') return route.fulfill({ json: openApi });
    if (!pathname.startsWith(`${PANEL_API}/`)) return sendFile(route, folder, pathname);
    const call = `${route.request().method()} ${pathname.slice(PANEL_API.length + 1)}`;
    const answer = answers[call];
    if (!answer) {
      complaints.push(`no answer to ${call}`);
      return route.abort();
    }
    const { status, type, body } = answer;
    await route.fulfill({ status, contentType: type, body: JSON.stringify(body) });
  });
  return {
    page,
    async show(shot) {
      // The page of the shot before may be in the middle of a question.
      await page.goto('about:blank');
      await page.setViewportSize(shot.size);
      complaints = [];
      answers = shot.answers;
      try {
        await page.goto(`${ORIGIN}${shot.at}`);
        await shot.go(page);
        await page.waitForFunction(() => document.querySelector('[aria-busy]') === null);
        // What this one chose is not the next one's.
        await page.evaluate(() => localStorage.clear());
      } catch (error) {
        throw new Error([shot.name, ...complaints].join('\n'), { cause: error });
      }
      if (complaints.length > 0) throw new Error([shot.name, ...complaints].join('\n'));
    },
  };
}

/** As the server does it: its files, and the index for every path that the page routes by itself. */
async function sendFile(route: Route, folder: string, pathname: string): Promise<void> {
  const file = path.join(folder, path.normalize(pathname));
  const isFile = contentType(pathname) !== undefined;
  if (isFile && !existsSync(file)) return route.fulfill({ status: 404 });
  await route.fulfill({
    body: readFileSync(isFile ? file : path.join(folder, 'index.html')),
    headers: {
      'content-type': contentType(isFile ? pathname : 'index.html') ?? '',
      'content-security-policy': policyHeader,
    },
  });
}

/** The document that the API page is made from, as the server of this checkout answers it. */
async function realOpenApi(): Promise<unknown> {
  const server = await startTestServer();
  try {
    const { body } = await server.request('GET', '/openapi.json');
    return body;
  } finally {
    await server.close();
  }
}
