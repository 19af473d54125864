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
  /** PNG: 900 by 640 of the app, the shot's own size of the Control Panel. */
  take(shot: Shot | PanelShot, theme: Theme): Promise<Buffer<ArrayBufferLike>>;
  compare(kept: Buffer, taken: Buffer): Promise<Difference>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Builds what is pictured into a folder of its own and starts Chromium. */
export async function openCamera(): Promise<Camera> {
  const folder = mkdtempSync(path.join(tmpdir(), 'postern-screens-'));
  const app = await buildAppPage(path.join(folder, 'app'));
  const panel = await openPanelPage(path.join(folder, 'panel'));
  const browser = await openBrowser(folder);
  return {
    take: (shot, theme) => take(browser, { app, panel }, shot, theme),
    compare: (kept, taken) => compare(browser, kept, taken),
    async [Symbol.asyncDispose]() {
      await browser.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function take(
  browser: Browser,
  { app, panel }: { app: AppPage; panel: PanelPage },
  shot: Shot | PanelShot,
  theme: Theme,
): Promise<Buffer> {
  const context = await browser.newContext({
    viewport: 'scenario' in shot ? app.size : shot.size,
    reducedMotion: 'reduce',
    colorScheme: theme,
    timezoneId: 'UTC',
    locale: 'en-GB',
  });
  try {
    const page = await context.newPage();
    await page.clock.setFixedTime(NOW);
    if ('scenario' in shot) await app.show(page, shot, theme);
    else await panel.show(page, shot);
    await settle(page);
    return await page.screenshot({ animations: 'disabled', caret: 'hide' });
  } finally {
    await context.close();
  }
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
