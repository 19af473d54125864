import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkout } from '../../lab/stack/folders.ts';
import { type Camera, openCamera } from '../../scripts/screens/camera.ts';
import { panelShots } from '../../scripts/screens/panel/shots.ts';
import { shots, themes } from '../../scripts/screens/shots.ts';

const all = [...shots, ...panelShots];
const folder = path.join(checkout, 'docs/screens');
/** Seven squares of the 1,440 of the app's window: a moved button or another colour is more. */
const TOLERANCE = 0.005;
const MAX_BYTES = 150_000;

let camera: Camera;
beforeAll(async () => {
  camera = await openCamera();
});
afterAll(() => camera[Symbol.asyncDispose]());

const kept = (name: string) => readFileSync(path.join(folder, `${name}.png`));

describe('the screens look as in docs/screens (new ones on purpose: npm run screens)', () => {
  test.each(all)('$name', async (shot) => {
    const taken = await camera.take(shot);
    for (const theme of themes) {
      const { share, first } = await camera.compare(kept(`${shot.name}-${theme}`), taken[theme]);
      expect(share, `${theme} differs first at ${JSON.stringify(first)}`).toBeLessThanOrEqual(TOLERANCE);
    }
  });
});

test('every picture is small and belongs to a screen', () => {
  const names = readdirSync(folder).filter((name) => name.endsWith('.png'));
  expect(names.sort()).toEqual(
    all.flatMap(({ name }) => themes.map((theme) => `${name}-${theme}.png`)).sort(),
  );
  for (const name of names) expect(statSync(path.join(folder, name)).size, name).toBeLessThan(MAX_BYTES);
});

test.each([
  ['another colour of one word', '#state-word { color: #1d4ed8 !important }'],
  ['a button 12 pixels lower', '.main-button { transform: translateY(12px) }'],
])('a change is seen: %s', async (_name, css) => {
  const connected = shots.find(({ name }) => name === 'home-connected');
  if (!connected) throw new Error('no such shot');
  const changed = await camera.take({
    ...connected,
    async go(page) {
      await page.evaluate((text) => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(text);
        document.adoptedStyleSheets = [sheet];
      }, css);
    },
  });
  const { share } = await camera.compare(kept('home-connected-light'), changed.light);
  expect(share).toBeGreaterThan(TOLERANCE);
});
