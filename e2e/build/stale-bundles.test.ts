import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkout } from '../../lab/stack/folders.ts';

/** A copy of what the bundles are made of, to be edited. */
let copy: string;
beforeAll(() => {
  copy = mkdtempSync(path.join(tmpdir(), 'postern-stale-'));
  const needed = readdirSync(checkout).filter((name) => /^(src-.*|lab|assets|.*\.json)$/.test(name));
  for (const name of needed) cpSync(path.join(checkout, name), path.join(copy, name), { recursive: true });
  symlinkSync(path.join(checkout, 'node_modules'), path.join(copy, 'node_modules'));
  expect(ensureBuilt()).toEqual(['app-main', 'app-page', 'panel']);
}, 180_000);
afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** Which bundles were built anew. */
function ensureBuilt(): string[] {
  const names = ['app-main', 'app-page', 'panel'];
  const record = (name: string): string => {
    const file = path.join(copy, 'dist/.inputs', `${name}.json`);
    return existsSync(file) ? String(statSync(file).ino) : '';
  };
  const before = names.map(record);
  const program = "import('./lab/built.ts').then((m) => { m.ensureAppIsBuilt(); m.ensurePanelIsBuilt(); })";
  const ran = spawnSync(process.execPath, ['-e', program], { cwd: copy, encoding: 'utf8' });
  expect(ran.stderr).toBe('');
  return names.filter((name, index) => record(name) !== before[index]);
}

const textOf = (place: string): string =>
  readdirSync(path.join(copy, 'dist', place), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(js|css)$/.test(name))
    .map((name) => readFileSync(path.join(copy, 'dist', place, name), 'utf8'))
    .join('');

test('what nobody touched is not built again', () => {
  expect(ensureBuilt()).toEqual([]);
});

test.each([
  ['src-node/backoff.ts', "console.log('edit of src-node');\n", ['app-main']],
  ['src-client/core-runtime.ts', "console.log('edit of src-client');\n", ['app-main']],
  ['src-ui/parts/button.tsx', "console.log('edit of src-ui');\n", ['app-page', 'panel']],
  ['src-ui/styles/tokens.css', '.edit-of-styles { color: red; }\n', ['app-page', 'panel']],
  ['src-panel/app.tsx', "console.log('edit of src-panel');\n", ['panel']],
])('an edit of %s is in the next bundle', (file, edit, stale) => {
  appendFileSync(path.join(copy, file), edit);
  expect(ensureBuilt()).toEqual(stale);
  const [word = ''] = /edit[- ]of[- ][\w-]+/.exec(edit) ?? [];
  expect(textOf(stale.includes('panel') ? 'panel' : '.')).toContain(word);
  expect(ensureBuilt()).toEqual([]);
});
