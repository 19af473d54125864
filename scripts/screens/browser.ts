import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Browser, chromium } from '@playwright/test';
import { findHeadlessChromium } from '../../lab/host/browser/chromium.ts';

/** Debian's fonts-inter and fonts-dejavu-core. */
const fonts = { text: '/usr/share/fonts/opentype/inter', mono: '/usr/share/fonts/truetype/dejavu' };

/** Chromium with two fonts and no others: the same pixels wherever these fonts are. `folder` is for its own files. */
export async function openBrowser(folder: string): Promise<Browser> {
  const executablePath = findHeadlessChromium();
  if (executablePath === null) throw new Error('pictures need Chromium');
  return chromium.launch({
    executablePath,
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-gpu',
      // Edges of what was painted anew in part differ by a shade from those painted at once.
      '--disable-partial-raster',
      '--font-render-hinting=none',
      '--disable-lcd-text',
      '--force-color-profile=srgb',
    ],
    env: { ...process.env, FONTCONFIG_FILE: writeFontConfig(folder) },
  });
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
