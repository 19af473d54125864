import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { checkout, type Programs, programPath } from '../../lab/stack/folders.ts';
import { run } from '../../lab/stack/run.ts';

/** The programs of `COMMIT.tar.gz`, unpacked, on the Node of today. */
export interface OlderPrograms {
  folder: string;
  programs: Programs;
  /** A `laptop-shell` whose `postern` is the terminal client of then, made from that of a stack. */
  shell(today: string): string;
  remove(): void;
}

export async function unpackOlderPrograms(commit: string): Promise<OlderPrograms> {
  const folder = mkdtempSync(path.join(tmpdir(), 'pst-old-'));
  await run('tar', ['-xzf', path.join(import.meta.dirname, `${commit}.tar.gz`), '-C', folder]);
  // Node reads the bundles as ESM by this file, and finds the native packages by the link.
  writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }\n');
  symlinkSync(path.join(checkout, 'node_modules'), path.join(folder, 'node_modules'));
  const command = (name: string) => [programPath('node'), path.join(folder, `${name}.js`)];
  const script = (name: string, line: string): string => {
    const file = path.join(folder, 'bin', name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, `#!/bin/sh\n${line}\n`, { mode: 0o755 });
    return file;
  };
  const client = script('postern', `exec ${command('postern').join(' ')} "$@"`);
  return {
    folder,
    programs: {
      server: command('server'),
      gateway: command('gateway'),
      helper: command('helper'),
      addMembers: command('add-members'),
    },
    shell: (today) =>
      script('laptop-shell', `exec ${today} sh -c 'PATH=${path.dirname(client)}:$PATH exec "$@"' sh "$@"`),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
