import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { feedSettings, signFeed } from './update-feed.ts';

/**
 * `npm run package [-- electron-builder's options]`: installers for this machine's system, into `release/`. Ends with
 * 1 and says what to do when the Electron binary is missing, with electron-builder's status otherwise.
 */

const root = path.resolve(import.meta.dirname, '../..');
const args = process.argv.slice(2);

/** The folder or zip of an Electron that the caller brings. */
const isElectronGiven = args.some((argument) => argument.startsWith('-c.electronDist='));

/** The Electron of this checkout, for this machine's system; null while its binary is missing. */
function electronFolder(): string | null {
  const folder = path.join(root, 'node_modules/electron');
  const named = path.join(folder, 'path.txt');
  if (!existsSync(named)) return null;
  const dist = path.join(folder, 'dist');
  return existsSync(path.join(dist, readFileSync(named, 'utf8').trim())) ? dist : null;
}

/** A workflow hands a secret that is not set on as an empty variable, which electron-builder takes for a certificate. */
const environment = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ''));

function run(program: string, programArgs: readonly string[]): void {
  const { status, error } = spawnSync(program, programArgs, {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...environment,
      PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH ?? ''}`,
    },
  });
  if (error) console.error(`${program}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

const electron = electronFolder();
if (!isElectronGiven && electron === null) {
  console.error(`The Electron binary is missing, and an installer is made around it.
  Fetch it:         npx install-electron        (from github.com, or from ELECTRON_MIRROR)
  Or bring one:     npm run package -- -c.electronDist=<folder or zip>
The tools to make packages come from github.com as well; docs/packaging.md names the variables for those that are
here already.`);
  process.exit(1);
}
const feed = feedSettings(process.env);
run(process.execPath, ['scripts/build-app.ts']);
run(process.execPath, [
  ...['node_modules/electron-builder/cli.js', '--publish', 'never'],
  ...(isElectronGiven ? [] : [`-c.electronDist=${electron}`]),
  // Has electron-builder write the feed's files; nothing is uploaded.
  ...(feed === null ? [] : ['-c.publish.provider=generic', `-c.publish.url=${feed.url}`]),
  ...args,
]);
if (feed !== null) console.log(`signed: ${signFeed(path.join(root, 'release'), feed).join(', ')}`);
