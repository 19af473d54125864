import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeStandInElectron } from './stand-in-electron.ts';

export const checkout = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const node = path.join(checkout, 'node_modules/.bin/node');
const LIMIT_MS = 5 * 60_000;

export interface BuiltPackages {
  /** What `--dir` makes: the installed folder. */
  unpacked: string;
  deb: string;
  rpm: string;
}

/** Runs electron-builder as `npm run package` does, but with a stand-in Electron and dpkg-deb and rpmbuild for fpm. */
export function buildPackages(folder: string, version: string): BuiltPackages {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  run(['npm', 'run', 'build:app']);
  const electron = makeStandInElectron(path.join(folder, 'electron'));
  // electron-builder starts the program itself, without arguments of ours.
  const fpm = path.join(folder, 'fpm');
  writeFileSync(
    fpm,
    `#!/bin/sh\nexec '${node}' '${path.join(checkout, 'e2e/package/stand-in-fpm.ts')}' "$@"\n`,
  );
  chmodSync(fpm, 0o755);
  const output = path.join(folder, 'out');
  run(
    [
      ...[node, 'node_modules/electron-builder/cli.js', '--linux', 'deb', 'rpm', '--publish', 'never'],
      `-c.electronDist=${electron}`,
      `-c.directories.output=${output}`,
      `-c.extraMetadata.version=${version}`,
    ],
    { CUSTOM_FPM_PATH: fpm },
  );
  return {
    unpacked: path.join(output, 'linux-unpacked'),
    deb: path.join(output, `postern_${version}_amd64.deb`),
    rpm: path.join(output, `postern-${version}.x86_64.rpm`),
  };
}

function run(command: readonly string[], env: Record<string, string> = {}): void {
  const [program = '', ...args] = command;
  const ran = spawnSync(program, args, {
    cwd: checkout,
    encoding: 'utf8',
    timeout: LIMIT_MS,
    env: { ...process.env, PATH: `${path.dirname(node)}:${process.env.PATH ?? ''}`, ...env },
  });
  if (ran.status === 0) return;
  throw new Error(`${command.join(' ')}: ${ran.error?.message ?? ''}\n${ran.stdout}\n${ran.stderr}`);
}
