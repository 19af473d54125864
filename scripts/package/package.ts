import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { entitlementsFor, macKeys } from './mac-keys.ts';
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

function run(program: string, programArgs: readonly string[], env: Record<string, string> = {}): void {
  const { status, error } = spawnSync(program, programArgs, {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...environment,
      ...env,
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
const keys = process.platform === 'darwin' ? macKeys(environment) : null;
const entitlements = path.join(root, 'release/entitlements.plist');
if (keys !== null) {
  mkdirSync(path.dirname(entitlements), { recursive: true });
  const base = readFileSync(path.join(root, 'assets/macos/entitlements.plist'), 'utf8');
  writeFileSync(entitlements, entitlementsFor(base, keys));
}
run(process.execPath, ['lab/build-app.ts'], { POSTERN_MAC_TEAM_ID: keys?.teamId ?? '' });
run(process.execPath, [
  ...['node_modules/electron-builder/cli.js', '--publish', 'never'],
  ...(isElectronGiven ? [] : [`-c.electronDist=${electron}`]),
  ...(keys === null
    ? []
    : [`-c.mac.entitlements=${entitlements}`, `-c.mac.provisioningProfile=${keys.provisioningProfile}`]),
  // Has electron-builder write the feed's files; nothing is uploaded.
  ...(feed === null ? [] : ['-c.publish.provider=generic', `-c.publish.url=${feed.url}`]),
  ...args,
]);
if (feed !== null) console.log(`signed: ${signFeed(path.join(root, 'release'), feed).join(', ')}`);
