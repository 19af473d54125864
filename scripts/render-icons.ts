import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Resvg } from '@resvg/resvg-js';
import { icnsFile, icnsSizes, icoFile, type SizedPng } from '../lab/icon-files.ts';

/** `assets/icons/**.svg` → the pictures that each platform wants, beside their sources. Run it after a change. */

const folder = fileURLToPath(new URL('../assets/icons/', import.meta.url));
const source = (path: string) => readFileSync(join(folder, path), 'utf8');

/** State → the disc behind the door on Linux and Windows, where a panel may be light or dark. */
const trayColours = {
  disconnected: '#5b625e',
  connecting: '#2f5fa8',
  connected: '#17795a',
  attention: '#b06200',
} as const;

function render(svg: string, size: number): SizedPng {
  return { size, png: new Resvg(svg, { fitTo: { mode: 'width', value: size } }).render().asPng() };
}

/** The glyph in white on a disc; macOS gets it black on nothing and colours it itself. */
function onDisc(glyph: string, colour: string): string {
  const inner = glyph.slice(glyph.indexOf('>') + 1, glyph.lastIndexOf('</svg>')).replaceAll('#000', '#fff');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><circle cx="12" cy="12" r="12" fill="${colour}"/><g transform="translate(3.6 2.9) scale(.7)">${inner}</g></svg>`;
}

/** Room around the tile, as macOS draws its own icons. */
const withMargin = (svg: string) => svg.replace('viewBox="0 0 24 24"', 'viewBox="-1.6 -1.6 27.2 27.2"');

/** Path below `assets/icons` → content. */
export function iconFiles(): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const app = source('app/app.svg');
  files.set('app/app.png', render(app, 256).png);
  for (const size of [16, 24, 32, 48, 64, 128, 256, 512])
    files.set(`linux/${size}x${size}.png`, render(app, size).png);
  files.set('icon.ico', icoFile([16, 24, 32, 48, 64, 256].map((size) => render(app, size))));
  files.set('icon.icns', icnsFile(icnsSizes.map((size) => render(withMargin(app), size))));
  for (const [state, colour] of Object.entries(trayColours)) {
    const glyph = source(`tray/tray-${state}.svg`);
    for (const [suffix, factor] of [
      ['', 1],
      ['@2x', 2],
    ] as const) {
      files.set(`tray/tray-${state}${suffix}.png`, render(onDisc(glyph, colour), 24 * factor).png);
      files.set(`tray/tray-${state}Template${suffix}.png`, render(glyph, 18 * factor).png);
    }
  }
  return files;
}

if (import.meta.main)
  for (const [path, content] of iconFiles()) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    process.stdout.write(`${path} ${content.length}\n`);
  }
