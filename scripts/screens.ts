import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { checkout } from '../lab/stack/folders.ts';
import { openCamera } from './screens/camera.ts';
import { panelShots } from './screens/panel/shots.ts';
import { shots, themes } from './screens/shots.ts';

/**
 * `npm run screens`: a picture of every screen of the app and of the Control Panel in light and dark, into
 * docs/screens. With words, only of those whose name begins with one of them: `npm run screens panel-members`.
 */
const words = process.argv.slice(2);
const all = [...shots, ...panelShots];
const wanted = all.filter(({ name }) => words.length === 0 || words.some((word) => name.startsWith(word)));
const folder = path.join(checkout, 'docs/screens');
mkdirSync(folder, { recursive: true });
const names = new Set(all.flatMap(({ name }) => themes.map((theme) => `${name}-${theme}.png`)));
const old = readdirSync(folder).filter((name) => name.endsWith('.png') && !names.has(name));
for (const name of old) rmSync(path.join(folder, name));
const camera = await openCamera();
try {
  for (const shot of wanted) {
    const pictures = await camera.take(shot);
    for (const theme of themes) {
      const picture = pictures[theme];
      const name = `${shot.name}-${theme}.png`;
      writeFileSync(path.join(folder, name), picture);
      console.log(`${String(Math.round(picture.length / 1000)).padStart(4)} kB  docs/screens/${name}`);
    }
  }
} finally {
  await camera[Symbol.asyncDispose]();
}
