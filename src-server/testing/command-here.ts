import { Readable } from 'node:stream';
import { vi } from 'vitest';
import { sayFault } from '../cli/fault.ts';
import { serverProgram } from '../cli/program.ts';

export interface Said {
  status: number;
  stdout: string;
  stderr: string;
}

export interface Given {
  /** On standard input, which ends behind it. */
  input?: string;
  /** Over the environment of the tests. */
  env?: Record<string, string>;
}

class Exit extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`exit with ${status}`);
    this.status = status;
  }
}

/**
 * Runs one command of `postern-server` to its end in this process, which is a second of computing less than a program of
 * its own. `start` only where the server does not start.
 */
export async function commandHere(
  words: readonly string[],
  { input = '', env = {} }: Given = {},
): Promise<Said> {
  const said = { stdout: '', stderr: '' };
  const streams = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      said[stream] += String(text);
      return true;
    }),
  );
  // That of a test's process never ends.
  const stdin = Readable.from(input === '' ? [] : [input]) as typeof process.stdin;
  const typed = vi.spyOn(process, 'stdin', 'get').mockReturnValue(stdin);
  const exit = vi.spyOn(process, 'exit').mockImplementation((code) => {
    throw new Exit(Number(code ?? process.exitCode ?? 0));
  });
  const before = Object.keys(env).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, env);
  const forgetListeners = listenersBefore(['SIGTERM', 'SIGINT', 'SIGHUP']);
  try {
    await serverProgram().parseAsync(words, { from: 'user' });
  } catch (error) {
    if (error instanceof Exit) process.exitCode = error.status;
    else sayFault(error);
  } finally {
    forgetListeners();
    for (const [name, value] of before)
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    for (const spy of [...streams, typed, exit]) spy.mockRestore();
  }
  const status = Number(process.exitCode ?? 0);
  process.exitCode = undefined;
  return { status, ...said };
}

/** Answers what takes away the listeners that are added from now on. */
function listenersBefore(signals: readonly NodeJS.Signals[]): () => void {
  const before = signals.map((signal) => [signal, process.listeners(signal)] as const);
  return () => {
    for (const [signal, kept] of before)
      for (const listener of process.listeners(signal))
        if (!kept.includes(listener)) process.off(signal, listener);
  };
}
