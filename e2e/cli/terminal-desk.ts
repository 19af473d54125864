import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { makeProfile } from '../../src-cli/testing/run-scripted.ts';
import { openTerminal, type Terminal } from './pty.ts';

/** The scripted client, as a terminal starts it. */
export const CLIENT: readonly string[] = [
  path.join(import.meta.dirname, '../../node_modules/.bin/node'),
  path.join(import.meta.dirname, 'scripted-cli.ts'),
];

export interface TerminalDesk {
  /** The folder of the profile of this test. */
  readonly dir: string;
  /** Of the client that runs, whoever has started it. */
  pid(): number;
  /** A terminal with this program in it; `script` is what the client is told to play. */
  open(
    command: readonly string[],
    script: string,
    more?: { env?: Record<string, string>; columns?: number },
  ): Terminal;
}

/** A profile for each test, and a terminal that is gone after it. */
export function terminalDesk(): TerminalDesk {
  let profile: ReturnType<typeof makeProfile>;
  let terminal: Terminal | null = null;
  beforeEach(() => {
    profile = makeProfile();
  });
  afterEach(() => {
    terminal?.kill();
    profile.remove();
  });
  return {
    get dir() {
      return profile.dir;
    },
    pid: () => Number(readFileSync(path.join(profile.dir, 'pid'), 'utf8')),
    open(command, script, { env = {}, columns } = {}) {
      const own = { SCRIPT: script, POSTERN_PROFILE: profile.dir, TERM: 'xterm-256color', ...env };
      terminal = openTerminal([...command], { ...process.env, ...own }, columns);
      return terminal;
    },
  };
}
