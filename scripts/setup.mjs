#!/usr/bin/env node
// Runs before anything is installed, on whatever Node the machine has (16 or later): plain JavaScript, no packages.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureDebianPackages, hasDebianPackages } from './setup/debian-packages.mjs';
import { withSetupLock } from './setup/lock.mjs';
import { ensureNpmPackages, hasNpmPackages } from './setup/npm-packages.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const [command = '', ...rest] = process.argv.slice(2);

/** Which script each command runs, and whether it needs the machine's own programs. */
const commands = {
  start: { script: 'scripts/start.ts', needsMachine: true },
  stack: { script: 'scripts/stack.ts', needsMachine: true },
  test: { script: 'scripts/test.ts', needsMachine: true },
  bench: { script: 'bench/run.ts', needsMachine: true },
  screens: { script: 'scripts/screens.ts', needsMachine: true },
  'test-electron': { script: 'scripts/test-electron.ts', needsMachine: process.platform === 'linux' },
  laptop: { script: 'scripts/laptop.ts', needsMachine: false },
  authenticator: { script: 'scripts/authenticator.ts', needsMachine: false },
  lab: { script: 'scripts/lab.ts', needsMachine: false },
  'end-session': { script: 'scripts/end-session.ts', needsMachine: false },
};

/** Prints one line and ends with `code`. */
function stop(message, code) {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}

const chosen = Object.hasOwn(commands, command) ? commands[command] : undefined;
if (!chosen) stop(`usage: node scripts/setup.mjs <${Object.keys(commands).join('|')}> [arguments]`, 64);
if (!existsSync(path.join(root, chosen.script))) stop(`${chosen.script} is not part of this version.`, 69);

const isTestRun = ['test', 'bench', 'screens', 'test-electron'].includes(command);

/** Installs what is missing, one set-up at a time. */
function install() {
  return withSetupLock(root, async () => {
    if (!(await ensureNpmPackages(root))) return false;
    return chosen.needsMachine ? ensureDebianPackages({ isTestRun }) : true;
  });
}

// Looked at first without the lock: that is quick, and works in a checkout that belongs to somebody else.
const isReady =
  (hasNpmPackages(root) && (!chosen.needsMachine || hasDebianPackages({ isTestRun }))) || (await install());
if (!isReady) process.exit(69);

const node = path.join(root, 'node_modules/.bin/node');
const argv = [node, path.join(root, chosen.script), ...rest];
// The script must not outlive this process, or it would keep its namespaces: setpriv ends it together with us.
const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find((file) => existsSync(file));
const [file, ...args] = setpriv ? [setpriv, '--pdeathsig', 'TERM', ...argv] : argv;
// What starts from here starts many programs of the same sources, some of them hundreds of times.
const compiled = { NODE_COMPILE_CACHE: path.join(root, 'node_modules/.cache/node') };
const child = spawn(file, args, {
  stdio: 'inherit',
  cwd: process.cwd(),
  env: { ...compiled, ...process.env },
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  // A terminal sends Ctrl-C to the whole group already; a second one would cut the clean-up short.
  process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal)));
}
// npm, or the shell that it started, can be killed over our head: what runs here must not outlive them.
const parent = process.ppid;
setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), 1000).unref();
child.on('error', (error) => stop(`${file} could not be started: ${error.message}`, 70));
child.on('exit', (code, signal) => {
  process.exit(code === null ? 128 + (signal === 'SIGINT' ? 2 : signal === 'SIGKILL' ? 9 : 15) : code);
});
