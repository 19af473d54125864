import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openCamera } from './screens/camera.ts';
import { shots, themes } from './screens/shots.ts';
import { checkout } from './stack/folders.ts';

/** `npm run screens`: a picture of every screen in light and dark, into docs/screens. */
const folder = path.join(checkout, 'docs/screens');
mkdirSync(folder, { recursive: true });
for (const old of readdirSync(folder).filter((name) => name.endsWith('.png'))) rmSync(path.join(folder, old));
await using camera = await openCamera();
for (const theme of themes)
  for (const shot of shots) {
    const picture = await camera.take(shot, theme);
    const name = `${shot.name}-${theme}.png`;
    writeFileSync(path.join(folder, name), picture);
    console.log(`${String(Math.round(picture.length / 1000)).padStart(4)} kB  docs/screens/${name}`);
  }
