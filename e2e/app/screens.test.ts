import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { panelShots } from '../../scripts/screens/panel/shots.ts';
import { shots, themes } from '../../scripts/screens/shots.ts';
import { folder, kept, looksAsKept, TOLERANCE, withCamera } from './kept-pictures.ts';

const MAX_BYTES = 150_000;
const camera = withCamera();

looksAsKept(shots, camera);

test('every picture is small and belongs to a screen', () => {
  const names = readdirSync(folder).filter((name) => name.endsWith('.png'));
  expect(names.sort()).toEqual(
    [...shots, ...panelShots].flatMap(({ name }) => themes.map((theme) => `${name}-${theme}.png`)).sort(),
  );
  for (const name of names) expect(statSync(path.join(folder, name)).size, name).toBeLessThan(MAX_BYTES);
});

test.each([
  ['another colour of one word', '#state-word { color: #1d4ed8 !important }'],
  ['a button 12 pixels lower', '.main-button { transform: translateY(12px) }'],
])('a change is seen: %s', async (_name, css) => {
  const connected = shots.find(({ name }) => name === 'home-connected');
  if (!connected) throw new Error('no such shot');
  const changed = await camera().take({
    ...connected,
    async go(page) {
      await page.evaluate((text) => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(text);
        document.adoptedStyleSheets = [sheet];
      }, css);
    },
  });
  const { share } = await camera().compare(kept('home-connected-light'), changed.light);
  expect(share).toBeGreaterThan(TOLERANCE);
});
