import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const panel = import.meta.dirname;
const checkout = path.join(panel, '..');
const allowed = [
  'src-server/panel/',
  'src-shared/',
  'src-renderer/parts/',
  'src-renderer/styles/',
  'src-renderer/strings/',
  'src-renderer/format/',
  'src-renderer/time/',
  'src-ui/surroundings.ts',
];
const packages = ['react', 'react-dom/client', 'zustand', 'zod', 'uqr'];

/** Relative paths stay relative in the linter's rule, which cannot know the server's own folders beside this one. */
test('the page takes nothing of the server that it is served by', () => {
  const files = globSync('**/*.{ts,tsx}', { cwd: panel }).filter(
    (file) => !file.endsWith('.test.ts') && file !== 'vite.config.ts',
  );
  expect(files.length).toBeGreaterThan(40);
  const wrong = files.flatMap((file) => {
    const text = readFileSync(path.join(panel, file), 'utf8');
    const found = text.matchAll(/\bfrom '([^']+)'|^import '([^']+)'/gm);
    const sources = [...found].map(([, from, effect]) => from ?? effect ?? '');
    return sources.filter((source) => !isAllowed(file, source)).map((source) => `${file}: ${source}`);
  });
  expect(wrong).toEqual([]);
});

function isAllowed(file: string, source: string): boolean {
  if (!source.startsWith('.')) return packages.includes(source);
  const place = path.relative(checkout, path.resolve(panel, path.dirname(file), source));
  return allowed.some((folder) => place.startsWith(folder));
}
