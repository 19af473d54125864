import { spawnSync } from 'node:child_process';
import {
  existsSync,
  globSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { build } from 'vite';

const checkout = path.dirname(import.meta.dirname);
const dist = path.join(checkout, 'dist');
const stamp = path.join(dist, '.panel-built');
const sources = ['src-panel/**/*', 'src-shared/**/*', 'src-ui/**/*', 'lab/build-panel.ts'];
const BUILD_LIMIT_MS = 180_000;

/**
 * Builds the Control Panel's page into `dist/panel`, from where the control server serves it. Whole or not at all: a
 * server that starts meanwhile finds the old page or the new one.
 */
export async function buildPanel(): Promise<void> {
  mkdirSync(dist, { recursive: true });
  const made = path.join(dist, `.panel-${process.pid}`);
  const old = `${made}-old`;
  const target = path.join(dist, 'panel');
  await build({
    configFile: path.join(checkout, 'src-panel/vite.config.ts'),
    logLevel: 'warn',
    build: { outDir: made },
  });
  if (existsSync(target)) renameSync(target, old);
  renameSync(made, target);
  rmSync(old, { recursive: true, force: true });
}

/** Builds it unless it is newer than every source. False when it cannot be built; running this file says why. */
export function ensurePanelIsBuilt(): boolean {
  const files = globSync(sources, { cwd: checkout });
  const newest = Math.max(...files.map((file) => statSync(path.join(checkout, file)).mtimeMs));
  const begin = new Date();
  const isThere = existsSync(path.join(dist, 'panel/index.html'));
  if (isThere && existsSync(stamp) && statSync(stamp).mtimeMs > newest) return true;
  const built = spawnSync(process.execPath, [import.meta.filename], {
    cwd: checkout,
    stdio: 'ignore',
    timeout: BUILD_LIMIT_MS,
    // Under a test runner's NODE_ENV, React would be built as for development.
    env: { ...process.env, NODE_ENV: 'production' },
  });
  if (built.status !== 0) return false;
  writeFileSync(stamp, '');
  // What changed while it was built is not in it.
  utimesSync(stamp, begin, begin);
  return true;
}

if (import.meta.main) await buildPanel();
