import { spawnSync } from 'node:child_process';
import { existsSync, globSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { checkout } from './stack/folders.ts';

const sources = [
  'src-main/**/*',
  'src-shared/**/*',
  'src-renderer/**/*',
  'src-client/**/*',
  'src-ui/**/*',
  'src-unlock-page/**/*',
  'assets/icons/**/*',
  'lab/build-app.ts',
];
const stamp = path.join(checkout, 'dist/.built');
const BUILD_LIMIT_MS = 180_000;

/** Builds main, preload and page unless what is in `dist/` is newer than every source. */
export function ensureAppIsBuilt(): void {
  const newest = Math.max(
    ...globSync(sources, { cwd: checkout }).map((file) => statSync(path.join(checkout, file)).mtimeMs),
  );
  const begin = new Date();
  if (existsSync(stamp) && statSync(stamp).mtimeMs > newest) return;
  const built = spawnSync(process.execPath, [path.join(checkout, 'lab/build-app.ts')], {
    cwd: checkout,
    encoding: 'utf8',
    timeout: BUILD_LIMIT_MS,
    // Under a test runner's NODE_ENV, React would be built as for development.
    env: { ...process.env, NODE_ENV: 'production' },
  });
  if (built.status !== 0) throw new Error(`the app cannot be built:\n${built.stdout}${built.stderr}`);
  writeFileSync(stamp, '');
  // What changed while it was built is not in it.
  utimesSync(stamp, begin, begin);
}
