import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

/** Where programs are looked for; `PATH` of the caller is never asked, since these run as root. */
const PROGRAM_DIRECTORIES = [
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
  '/usr/local/sbin',
  '/usr/local/bin',
] as const;

/** All that a child process inherits. */
export const SCRUBBED_ENV: Readonly<Record<string, string>> = {
  PATH: PROGRAM_DIRECTORIES.slice(0, 4).join(':'),
  LC_ALL: 'C',
};

export interface ProgramRequest {
  /** Absolute. */
  path: string;
  args: string[];
  /** Secrets go here, never into `args`. */
  stdin?: string;
  /** An open file as standard input instead, for programs that open `/dev/stdin` by name: that fails on our pipes, which are sockets. */
  stdinFile?: number;
  timeoutMs?: number;
  /** Added to the scrubbed environment. */
  env?: Record<string, string>;
}

export type ProgramResult =
  | { ok: true; stdout: string; stderr: string }
  | {
      ok: false;
      kind: 'not-started' | 'failed' | 'timed-out';
      exitCode: number | null;
      stdout: string;
      stderr: string;
      /** Program name and what went wrong; never its input. */
      message: string;
    };

/** Absolute path of a program in the system's directories, or null. */
export function findProgram(name: string): string | null {
  return (
    PROGRAM_DIRECTORIES.map((directory) => join(directory, name)).find((path) => existsSync(path)) ?? null
  );
}

/** Runs one program to its end: absolute path, scrubbed environment, no shell, killed at `timeoutMs` (default 10 s). */
export function runProgram(request: ProgramRequest): Promise<ProgramResult> {
  const { path, args, stdin = '', stdinFile = 'pipe', timeoutMs = 10_000, env = {} } = request;
  if (!isAbsolute(path)) throw new Error(`not an absolute path: ${path}`);
  return new Promise((resolve) => {
    const child = spawn(path, args, {
      cwd: '/',
      env: { ...SCRUBBED_ENV, ...env },
      shell: false,
      stdio: [stdinFile, 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
    });
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
    });
    const fail = (kind: 'not-started' | 'failed' | 'timed-out', exitCode: number | null, why: string) =>
      resolve({ ok: false, kind, exitCode, stdout, stderr, message: `${path}: ${why}` });
    child.once('error', (error) => fail('not-started', null, error.message));
    child.once('close', (exitCode, signal) => {
      if (exitCode === 0) resolve({ ok: true, stdout, stderr });
      else if (signal === 'SIGKILL') fail('timed-out', null, `killed, limit ${timeoutMs} ms`);
      else fail('failed', exitCode, stderr.trim() || `ended with ${signal ?? exitCode}`);
    });
    // A program that ends without reading its input breaks the pipe; its exit status tells the story.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(stdin);
  });
}

export interface HeldProgram {
  /** Ends its input, and with that the program. */
  release(): void;
  /** Its last words on stderr, when it has ended, for whatever reason. Never rejects. */
  readonly ended: Promise<string>;
}

/** Starts a program that runs as long as its input is open: it ends with `release`, or with this process. */
export function holdProgram({
  path,
  args,
  env = {},
}: Pick<ProgramRequest, 'path' | 'args' | 'env'>): HeldProgram {
  if (!isAbsolute(path)) throw new Error(`not an absolute path: ${path}`);
  const child = spawn(path, args, {
    cwd: '/',
    env: { ...SCRUBBED_ENV, ...env },
    shell: false,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    said = (said + chunk).slice(-2_000);
  });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', () => resolve(said.trim()));
  });
  // One that has ended by itself breaks the pipe; `ended` tells.
  child.stdin.on('error', () => undefined);
  child.unref();
  return { ended, release: () => child.stdin.end() };
}
