import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inNetns } from './namespaces.ts';
import { partEnv } from './run.ts';
import { StackError } from './stack-error.ts';

const GRACE_MS = 5000;

export interface ProcessOptions {
  /** Names the log file. */
  name: string;
  netns?: string;
  command: readonly string[];
  env?: Record<string, string>;
  cwd?: string;
  input?: string;
}

export interface ManagedProcess {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** `exit code 1` or `signal SIGKILL` once it has ended. */
  readonly ended: Promise<string>;
  hasEnded(): string | null;
  kill(signal: NodeJS.Signals): void;
  /** TERM, then KILL after five seconds. Idempotent. */
  stop(): Promise<void>;
}

/** Starts the long-lived processes of the stack: each dies with this one and writes to a log file of its own. */
export function createProcessKeeper(logFolder: string) {
  mkdirSync(logFolder, { recursive: true, mode: 0o700 });
  return {
    start(options: ProcessOptions): ManagedProcess {
      const logFile = path.join(logFolder, `${options.name}.log`);
      const log = openSync(logFile, 'a', 0o600);
      // nsenter and setpriv replace themselves, so the pid stays the one of the program.
      const [file = '', ...args] = inNetns(options.netns, [
        'setpriv',
        '--pdeathsig',
        'KILL',
        ...options.command,
      ]);
      const child = spawn(file, args, {
        env: { ...partEnv, ...options.env },
        stdio: [options.input === undefined ? 'ignore' : 'pipe', log, log],
        // Ctrl-C in the terminal reaches only the stack, which ends its parts in order.
        detached: true,
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      });
      closeSync(log);
      child.stdin?.end(options.input);
      return manage(options.name, child, logFile);
    },
  };
}
export type ProcessKeeper = ReturnType<typeof createProcessKeeper>;

function manage(name: string, child: ChildProcess, logFile: string): ManagedProcess {
  if (child.pid === undefined) throw new StackError(`${name} could not be started`);
  let end: string | null = null;
  const { promise: ended, resolve } = Promise.withResolvers<string>();
  child.on('exit', (code, signal) => {
    end = signal === null ? `exit code ${code}` : `signal ${signal}`;
    resolve(end);
  });
  return {
    name,
    pid: child.pid,
    logFile,
    ended,
    hasEnded: () => end,
    kill: (signal) => void child.kill(signal),
    async stop() {
      if (end !== null) return;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** The last lines of a part's log, for a message that says why it did not come up. */
export function lastWords(process_: ManagedProcess): string {
  const lines = readFileSync(process_.logFile, 'utf8').trim().split('\n');
  return lines.slice(-8).join('\n');
}

export interface WaitOptions {
  what: string;
  timeoutMs: number;
  /** Parts whose end makes waiting pointless. */
  needs: readonly ManagedProcess[];
  signal: AbortSignal;
}

/** Asks `isTrue` every 50 ms; rejects with the last words of a part that ended, or of all when time is up. */
export async function waitFor(options: WaitOptions, isTrue: () => Promise<boolean> | boolean): Promise<void> {
  const until = Date.now() + options.timeoutMs;
  while (!(await isTrue())) {
    options.signal.throwIfAborted();
    for (const part of options.needs) {
      const end = part.hasEnded();
      if (end !== null)
        throw new StackError(`${part.name} ended (${end}) before ${options.what}:\n${lastWords(part)}`);
    }
    if (Date.now() > until) {
      const words = options.needs.map((part) => `${part.logFile}:\n${lastWords(part)}`).join('\n');
      throw new StackError(`waited ${options.timeoutMs / 1000} s in vain until ${options.what}.\n${words}`);
    }
    await sleep(50);
  }
}
