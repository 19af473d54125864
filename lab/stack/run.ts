import { findProgram, runProgram } from '../../src-node/run-program.ts';
import { StackError } from './stack-error.ts';

/** `PATH` of every part of the stack; the caller's plays no part. */
export const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const { NODE_COMPILE_CACHE } = process.env;
/** Where Node keeps what it has compiled: half of a program's start. */
export const compileCache: Readonly<Record<string, string>> =
  NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE };

/** Of every part of the stack: nothing else of the caller's. */
export const partEnv: Readonly<Record<string, string>> = {
  PATH: systemPath,
  LC_ALL: 'C.UTF-8',
  ...compileCache,
};

/** Long: hashing the passwords and backup codes of many members takes its time. */
const TIMEOUT_MS = 300_000;

export interface RunOptions {
  input?: string;
  env?: Record<string, string>;
}

/** Runs a program (a name, or an absolute path) to its end; refusals are in `code`. */
export async function tryRun(
  program: string,
  args: string[],
  options: RunOptions = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const path = program.startsWith('/') ? program : findProgram(program);
  if (path === null) throw new StackError(`the program ${program} is missing on this machine`);
  const ran = await runProgram({
    path,
    args,
    timeoutMs: TIMEOUT_MS,
    stdin: options.input ?? '',
    env: { ...partEnv, ...options.env },
  });
  if (ran.ok) return { code: 0, stdout: ran.stdout, stderr: ran.stderr };
  return { code: ran.exitCode, stdout: ran.stdout, stderr: ran.stderr.trim() || ran.message };
}

/** As `tryRun`, and rejects with a `StackError` that carries the program's own words unless it ended with 0. */
export async function run(program: string, args: string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await tryRun(program, args, options);
  if (code === 0) return stdout;
  const words = (stderr.trim() || stdout.trim()).split('\n').slice(-6).join('\n');
  throw new StackError(`${program} ${args.slice(0, 6).join(' ')} failed (${code ?? 'killed'}): ${words}`);
}
