import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openCamera } from './screens/camera.ts';
import { takePanelPictures } from './screens/panel-pictures.ts';
import { shots, themes } from './screens/shots.ts';
import { checkout } from './stack/folders.ts';
import { enterUserNamespace } from './stack/unprivileged.ts';

/** `npm run screens`: a picture of every screen of the app and of the Control Panel in light and dark, into docs/screens. */
// The pictures of the Control Panel come from a stack.
await enterUserNamespace();
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
const panelFolder = path.join(folder, 'panel');
mkdirSync(panelFolder, { recursive: true });
await takePanelPictures(panelFolder, (file) => console.log(`        docs/screens/panel/${file}`));
