import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Browser, chromium, type Page } from '@playwright/test';
import { findChromium } from '../../e2e/host/browser/chromium.ts';
import { CONTENT_SECURITY_POLICY } from '../../src-main/app/page-files.ts';
import { checkout } from '../stack/folders.ts';
import type { Shot } from './shots.ts';

const size = { width: 900, height: 640 };
const ORIGIN = 'https://screens.invalid';
/** Noon in spring: what the pictures take for now. */
const NOW = new Date('2026-03-04T12:00:00Z');
/** Debian's fonts-inter and fonts-dejavu-core. */
const fonts = { text: '/usr/share/fonts/opentype/inter', mono: '/usr/share/fonts/truetype/dejavu' };
const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

/** Takes pictures of the page behind its scripted bridge: the same pixels on every machine with the same fonts. */
export interface Camera {
  /** PNG, 900 by 640. */
  take(shot: Shot, theme: 'light' | 'dark'): Promise<Buffer<ArrayBufferLike>>;
  /**
   * The share of 20-pixel squares whose mean colour differs plainly, 0 to 1, and where the first one is. Squares
   * forgive how another version smooths a letter, not a colour or a place that changed.
   */
  compare(kept: Buffer, taken: Buffer): Promise<{ share: number; first: { x: number; y: number } | null }>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Builds the harness into a folder of its own and starts Chromium with two fonts and no others. */
export async function openCamera(): Promise<Camera> {
  const executablePath = findChromium();
  if (executablePath === null) throw new Error('pictures need Chromium');
  const folder = mkdtempSync(path.join(tmpdir(), 'postern-screens-'));
  const pageFolder = path.join(folder, 'page');
  await buildHarness(pageFolder);
  const browser = await chromium.launch({
    executablePath,
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-gpu',
      '--font-render-hinting=none',
      '--disable-lcd-text',
      '--force-color-profile=srgb',
    ],
    env: { ...process.env, FONTCONFIG_FILE: writeFontConfig(folder) },
  });
  return {
    take: (shot, theme) => take(browser, pageFolder, shot, theme),
    compare: (kept, taken) => compare(browser, kept, taken),
    async [Symbol.asyncDispose]() {
      await browser.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function buildHarness(outDir: string): Promise<void> {
  const vite = path.join(checkout, 'node_modules/vite/bin/vite.js');
  const config = path.join(checkout, 'src-renderer/vite.config.ts');
  const args = [
    'build',
    '-c',
    config,
    '--mode',
    'harness',
    '--logLevel',
    'error',
    '--outDir',
    outDir,
    '--emptyOutDir',
  ];
  const env = { ...process.env, NODE_ENV: 'production' };
  await promisify(execFile)(process.execPath, [vite, ...args], { env });
}

/** Two families for everything, wherever the page's own list of fonts would have led on this machine. */
function writeFontConfig(folder: string): string {
  for (const place of Object.values(fonts))
    if (!existsSync(place))
      throw new Error(`pictures need ${place} (Debian: fonts-inter, fonts-dejavu-core)`);
  const isMono = '<test name="family" compare="contains" qual="any"><string>mono</string></test>';
  const use = (test: string, font: string): string =>
    `<match target="pattern">${test}<edit name="family" mode="assign" binding="strong"><string>${font}</string></edit></match>`;
  const cache = path.join(folder, 'font-cache');
  mkdirSync(cache);
  const file = path.join(folder, 'fonts.conf');
  const lines = [
    '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>',
    ...Object.values(fonts).map((place) => `<dir>${place}</dir>`),
    `<cachedir>${cache}</cachedir>`,
    use(isMono, 'DejaVu Sans Mono'),
    use('<test name="family" compare="not_eq" qual="all"><string>DejaVu Sans Mono</string></test>', 'Inter'),
    '</fontconfig>',
  ];
  writeFileSync(file, lines.join('\n'));
  return file;
}

async function take(browser: Browser, folder: string, shot: Shot, theme: 'light' | 'dark'): Promise<Buffer> {
  const context = await browser.newContext({
    viewport: size,
    reducedMotion: 'reduce',
    colorScheme: theme,
    timezoneId: 'UTC',
    locale: 'en-GB',
  });
  try {
    const page = await context.newPage();
    await page.clock.setFixedTime(NOW);
    await serve(page, folder);
    const query = new URLSearchParams({ scenario: shot.scenario, theme, language: 'en' });
    await page.goto(`${ORIGIN}/harness/index.html?${query}`);
    await page.locator('h1').first().waitFor();
    await shot.go?.(page);
    await settle(page);
    return await page.screenshot({ animations: 'disabled', caret: 'hide' });
  } finally {
    await context.close();
  }
}

async function serve(page: Page, folder: string): Promise<void> {
  await page.route('**/*', async (route) => {
    const { pathname } = new URL(route.request().url());
    const type = types[path.extname(pathname)];
    if (type === undefined) return route.fulfill({ status: 404 });
    await route.fulfill({
      body: readFileSync(path.join(folder, path.normalize(pathname))),
      headers: { 'content-type': type, 'content-security-policy': CONTENT_SECURITY_POLICY },
    });
  });
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

async function compare(browser: Browser, kept: Buffer, taken: Buffer) {
  const page = await browser.newPage();
  try {
    return await page.evaluate(
      async ([first = '', second = '']) => {
        const SQUARE = 20;
        const PLAIN = 14;
        const pixels = async (base64: string): Promise<ImageData> => {
          const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
          const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
          const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
          if (!canvas) throw new Error('no canvas');
          canvas.drawImage(image, 0, 0);
          return canvas.getImageData(0, 0, image.width, image.height);
        };
        const [a, b] = await Promise.all([pixels(first), pixels(second)]);
        if (a.width !== b.width || a.height !== b.height) return { share: 1, first: { x: 0, y: 0 } };
        const mean = (image: ImageData, left: number, top: number, channel: number): number => {
          let sum = 0;
          let count = 0;
          for (let y = top; y < Math.min(top + SQUARE, image.height); y++)
            for (let x = left; x < Math.min(left + SQUARE, image.width); x++) {
              sum += image.data[(y * image.width + x) * 4 + channel] ?? 0;
              count += 1;
            }
          return sum / count;
        };
        let all = 0;
        const differing: { x: number; y: number }[] = [];
        for (let y = 0; y < a.height; y += SQUARE)
          for (let x = 0; x < a.width; x += SQUARE) {
            all += 1;
            if (
              [0, 1, 2].some((channel) => Math.abs(mean(a, x, y, channel) - mean(b, x, y, channel)) > PLAIN)
            )
              differing.push({ x, y });
          }
        return { share: differing.length / all, first: differing[0] ?? null };
      },
      [kept.toString('base64'), taken.toString('base64')],
    );
  } finally {
    await page.close();
  }
}
