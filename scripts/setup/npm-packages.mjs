import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const TIME_LIMIT_MS = 15 * 60_000;

/** What the installed tree depends on: the lock file, and the machine that the binaries were chosen for. */
function wantedHash(root) {
  return createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .update(`${process.platform} ${process.arch}`)
    .digest('hex');
}

function read(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/** Whether npm itself recorded exactly the packages of the lock file (someone ran `npm ci` by hand). */
function isInstalledAsLocked(root) {
  const recorded = read(path.join(root, 'node_modules/.package-lock.json'));
  if (recorded === '') return false;
  const locked = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(recorded).packages;
  const isSame = (name) => locked[name]?.version === installed[name]?.version;
  const isNeeded = (name) => name !== '' && !locked[name].optional && !locked[name].link;
  return Object.keys(locked).filter(isNeeded).every(isSame) && Object.keys(installed).every(isSame);
}

/** Whether the npm packages of the lock file are installed. Changes nothing. */
export function hasNpmPackages(root) {
  if (!existsSync(path.join(root, 'node_modules/.bin/node'))) return false;
  return (
    read(path.join(root, 'node_modules/.postern-lock')) === wantedHash(root) || isInstalledAsLocked(root)
  );
}

/** Installs the npm packages of the lock file unless they are there. Resolves to whether they are. */
export async function ensureNpmPackages(root) {
  if (hasNpmPackages(root)) return true;
  process.stderr.write('Installing the npm packages (npm ci) …\n');
  const run = spawnSync('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: TIME_LIMIT_MS,
  });
  if (run.error || run.status !== 0) {
    const why = run.error ? run.error.message : `exit code ${run.status ?? run.signal}`;
    process.stderr.write(`npm ci did not finish (${why}). Its own message is above; nothing was started.\n`);
    return false;
  }
  const node = path.join(root, 'node_modules/.bin/node');
  const version = spawnSync(node, ['--version'], { encoding: 'utf8' });
  if (version.status !== 0 || !/^v24\./.test(version.stdout)) {
    process.stderr.write(
      'npm did not run the install script of the package "node", so the pinned Node 24 is missing.\n' +
        'Run: npm rebuild node --foreground-scripts   (and check that ignore-scripts is off: npm config get ignore-scripts)\n',
    );
    return false;
  }
  writeFileSync(path.join(root, 'node_modules/.postern-lock'), wantedHash(root));
  return true;
}
