import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Page } from '@playwright/test';
import { checkout } from '../../lab/stack/folders.ts';
import { CONTENT_SECURITY_POLICY } from '../../src-main/app/page-files.ts';
import { contentType } from './content-type.ts';
import type { Shot } from './shots.ts';

const ORIGIN = 'https://screens.invalid';

/** The app's page in its harness: a scripted bridge in place of the main process. */
export interface AppPage {
  page: Page;
  show(shot: Shot, theme: 'light' | 'dark'): Promise<void>;
}

/** Builds the harness into `folder` and shows it in `page`. */
export async function buildAppPage(folder: string, page: Page): Promise<AppPage> {
  const vite = path.join(checkout, 'node_modules/vite/bin/vite.js');
  const config = path.join(checkout, 'src-renderer/vite.config.ts');
  const mode = ['--mode', 'harness', '--logLevel', 'error', '--outDir', folder, '--emptyOutDir'];
  const env = { ...process.env, NODE_ENV: 'production' };
  await promisify(execFile)(process.execPath, [vite, 'build', '-c', config, ...mode], { env });
  await page.setViewportSize({ width: 900, height: 640 });
  await serve(page, folder);
  return {
    page,
    async show(shot, theme) {
      const query = new URLSearchParams({ scenario: shot.scenario, theme, language: 'en' });
      await page.goto(`${ORIGIN}/harness/index.html?${query}`);
      await page.locator('h1').first().waitFor();
      await shot.go?.(page);
    },
  };
}

async function serve(page: Page, folder: string): Promise<void> {
  await page.route('**/*', async (route) => {
    const { pathname } = new URL(route.request().url());
    const type = contentType(pathname);
    if (type === undefined) return route.fulfill({ status: 404 });
    await route.fulfill({
      body: readFileSync(path.join(folder, path.normalize(pathname))),
      headers: { 'content-type': type, 'content-security-policy': CONTENT_SECURITY_POLICY },
    });
  });
}
