import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { electronBinary, fetchElectron } from '../lab/electron-binary.ts';
import { checkout } from '../lab/stack/folders.ts';

/**
 * `npm run test:electron`: the app's end-to-end tests with real Electron instead of the host. The stack needs Linux; on
 * other systems only what needs no server runs, and that is said.
 */
const binary =
  electronBinary() ??
  (await fetchElectron({
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onFailure: (why) => console.error(`Electron cannot be downloaded: ${why}`),
  }));
if (binary === null) process.exit(69);
const isLinux = process.platform === 'linux';
if (!isLinux) console.log('Not on Linux: only the tests that need no stack run.');
const files = isLinux
  ? ['story', 'gate', 'desktop', 'first-use', 'isolation', 'accessibility', 'agreement']
  : ['isolation'];
const vitest = path.join(checkout, 'node_modules/vitest/vitest.mjs');
const tests = files.map((name) => `e2e/app/${name}.test.ts`);
const ran = spawnSync(process.execPath, [vitest, 'run', '--project', 'e2e-alone', ...tests], {
  cwd: checkout,
  stdio: 'inherit',
  env: { ...process.env, POSTERN_APP_HOST: 'electron' },
});
process.exitCode = ran.status ?? 1;
