import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * `npm run package [-- electron-builder's options]`: installers for this machine's system, into `release/`. Ends with
 * 1 and says what to do when the Electron binary is missing, with electron-builder's status otherwise.
 */

const root = path.resolve(import.meta.dirname, '../..');
const args = process.argv.slice(2);

/** The folder or zip of an Electron that the caller brings: `-c.electronDist=…`. */
const isElectronGiven = args.some((argument) => argument.startsWith('-c.electronDist='));

function electronBinary(): string | null {
  const folder = path.join(root, 'node_modules/electron');
  const named = path.join(folder, 'path.txt');
  if (!existsSync(named)) return null;
  const binary = path.join(folder, 'dist', readFileSync(named, 'utf8').trim());
  return existsSync(binary) ? binary : null;
}

function run(program: string, programArgs: readonly string[]): void {
  const { status, error } = spawnSync(program, programArgs, {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH ?? ''}`,
    },
  });
  if (error) console.error(`${program}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

if (!isElectronGiven && electronBinary() === null) {
  console.error(`The Electron binary is missing, and an installer is made around it.
  Fetch it:         npx install-electron        (from github.com, or ELECTRON_MIRROR)
  Or bring one:     npm run package -- -c.electronDist=<folder or zip>
On Linux the tools to make packages (fpm, AppImage) come from github.com as well; docs/packaging.md names the
variables for those that are here already.`);
  process.exit(1);
}
const nodeArgs = (script: string) => [path.join(root, script)];
run(process.execPath, nodeArgs('scripts/build-app.ts'));
run(process.execPath, [...nodeArgs('node_modules/electron-builder/cli.js'), '--publish', 'never', ...args]);
