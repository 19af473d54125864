import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** What is shown to people; German is told by its letters. */
const german = globSync('src-*/**/*.{ts,tsx,html}', { exclude: ['**/*.test.*', '**/node_modules/**'] })
  .map((file) => ({ file, text: readFileSync(file, 'utf8') }))
  .filter(({ text }) => /[äöüß]/i.test(text));
const familiar = /(?<!\p{L})(du|deine?[mnrs]?|dich|dir|euch|euer|eure\p{L}*)(?!\p{L})/iu;

test('every catalogue with German in it is looked at', () => {
  expect(german.length).toBeGreaterThanOrEqual(5);
});

test('German says Sie throughout: the window, the tray and the Control Panel', () => {
  const lines = german.flatMap(({ file, text }) =>
    text.split('\n').flatMap((line, index) => (familiar.test(line) ? [`${file}:${index + 1}: ${line}`] : [])),
  );
  expect(lines).toEqual([]);
});
