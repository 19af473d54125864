import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Page } from '@playwright/test';
import { type AppPage, buildAppPage } from './app-page.ts';
import { openBrowser } from './browser.ts';
import { compare, type Difference } from './compare.ts';
import { NOW } from './now.ts';
import { openPanelPage, type PanelPage } from './panel/panel-page.ts';
import type { PanelShot } from './panel/shot.ts';
import type { Shot } from './shots.ts';

type Theme = 'light' | 'dark';

/**
 * Takes pictures of both pages, the app's behind its scripted bridge and the Control Panel's before fixed answers: the
 * same pixels on every machine with the same fonts.
 */
export interface Camera {
  /** PNGs in both themes: 900 by 640 of the app, the shot's own size of the Control Panel. */
  take(shot: Shot | PanelShot): Promise<Record<Theme, Buffer>>;
  compare(kept: Buffer, taken: Buffer): Promise<Difference>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Builds what is pictured into a folder of its own and starts Chromium. One picture after the other: they share pages. */
export async function openCamera(): Promise<Camera> {
  const folder = mkdtempSync(path.join(tmpdir(), 'postern-screens-'));
  const browser = await openBrowser(folder);
  const app = await buildAppPage(path.join(folder, 'app'), await openPage(browser));
  const panel = await openPanelPage(path.join(folder, 'panel'), await openPage(browser));
  const comparer = await browser.newPage();
  return {
    async take(shot) {
      if (!('scenario' in shot)) return takeOfPanel(panel, shot);
      return { light: await takeOfApp(app, shot, 'light'), dark: await takeOfApp(app, shot, 'dark') };
    },
    compare: (kept, taken) => compare(comparer, kept, taken),
    async [Symbol.asyncDispose]() {
      await browser.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The harness is told its theme as it starts. */
async function takeOfApp(app: AppPage, shot: Shot, theme: Theme): Promise<Buffer> {
  await app.show(shot, theme);
  return picture(app.page, theme);
}

/** The Control Panel follows the system's theme: one look at it serves both. */
async function takeOfPanel(panel: PanelPage, shot: PanelShot): Promise<Record<Theme, Buffer>> {
  await panel.page.emulateMedia({ colorScheme: 'light' });
  await panel.show(shot);
  return { light: await picture(panel.page, 'light'), dark: await picture(panel.page, 'dark') };
}

/** A page of its own for each product: its process starts once. */
async function openPage(browser: Browser): Promise<Page> {
  const surroundings = { reducedMotion: 'reduce', timezoneId: 'UTC', locale: 'en-GB' } as const;
  const context = await browser.newContext({ colorScheme: 'light', ...surroundings });
  await context.clock.setFixedTime(NOW);
  return context.newPage();
}

async function picture(page: Page, theme: Theme): Promise<Buffer> {
  await page.emulateMedia({ colorScheme: theme });
  await settle(page);
  return page.screenshot({ animations: 'disabled', caret: 'hide' });
}

/** Fonts loaded, transitions over, the pointer nowhere. */
async function settle(page: Page): Promise<void> {
  await page.mouse.move(0, 0);
  await page.evaluate(async () => {
    await document.fonts.ready;
    await Promise.all(
      document
        .getAnimations()
        .filter((animation) => animation instanceof CSSTransition)
        .map((animation) => animation.finished.catch((error: unknown) => String(error))),
    );
  });
}
