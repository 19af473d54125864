import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { areInputsUnchanged } from './bundle-inputs.ts';
import { checkout } from './stack/folders.ts';

/** What can be built, what it leaves in `dist/`, and how. The bundler is loaded only where something is stale. */
const bundles = {
  'app-main': {
    outputs: ['main.js', 'preload.cjs', 'preload-unlock.cjs', 'unlock-page/index.html'],
    build: async () => (await import('./build-app.ts')).buildMain(),
  },
  'app-page': {
    outputs: ['renderer/index.html'],
    build: async () => (await import('./build-app.ts')).buildPage(),
  },
  panel: {
    outputs: ['panel/index.html'],
    build: async () => (await import('./build-panel.ts')).buildPanel(),
  },
};
type Bundle = keyof typeof bundles;

const dist = path.join(checkout, 'dist');
const BUILD_LIMIT_MS = 180_000;

/** Builds what of the desktop app is stale. Throws with the bundler's words. */
export function ensureAppIsBuilt(): void {
  ensureIsBuilt('app-main');
  ensureIsBuilt('app-page');
}

/** The same for the page of the Control Panel. */
export function ensurePanelIsBuilt(): void {
  ensureIsBuilt('panel');
}

function isFresh(name: Bundle): boolean {
  const isThere = bundles[name].outputs.every((file) => existsSync(path.join(dist, file)));
  return isThere && areInputsUnchanged(name);
}

function ensureIsBuilt(name: Bundle): void {
  if (isFresh(name)) return;
  const built = spawnSync(process.execPath, [import.meta.filename, name], {
    cwd: checkout,
    encoding: 'utf8',
    timeout: BUILD_LIMIT_MS,
    // Under a test runner's NODE_ENV, React would be built as for development.
    env: { ...process.env, NODE_ENV: 'production' },
  });
  if (built.status === 0) return;
  throw new Error(`${name} cannot be built:\n${built.error?.message ?? `${built.stdout}${built.stderr}`}`);
}

/** One build at a time: whoever waited for another's finds it done. */
async function buildAlone(name: Bundle): Promise<void> {
  mkdirSync(dist, { recursive: true });
  const lock = new DatabaseSync(path.join(dist, '.build-lock'), { timeout: BUILD_LIMIT_MS });
  lock.exec('begin exclusive');
  if (!isFresh(name)) await bundles[name].build();
  lock.close();
}

const isBundle = (name: string): name is Bundle => Object.hasOwn(bundles, name);

if (import.meta.main) {
  const [wanted = ''] = process.argv.slice(2);
  for (const name of Object.keys(bundles).filter(isBundle))
    if (wanted === name || wanted === 'all') await buildAlone(name);
}
