import { Readable } from 'node:stream';
import { vi } from 'vitest';

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

class Exit extends Error {}

/**
 * Has `work`, the entry of a program, find the streams, the environment and the end of a process of its own, and answers
 * what came of it. In the process of the tests, which is a second of computing less than a program.
 */
export async function asProgram(
  work: () => Promise<unknown>,
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
  let ended: Said | null = null;
  const exit = vi.spyOn(process, 'exit').mockImplementation((code) => {
    // What is done behind it is not done by a program.
    ended ??= { status: Number(code ?? process.exitCode ?? 0), ...said };
    throw new Exit();
  });
  const before = Object.keys(env).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, env);
  const forgetListeners = listenersBefore(['SIGTERM', 'SIGINT', 'SIGHUP']);
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
  } finally {
    forgetListeners();
    for (const [name, value] of before)
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    for (const spy of [...streams, typed, exit]) spy.mockRestore();
  }
  const status = Number(process.exitCode ?? 0);
  process.exitCode = undefined;
  return ended ?? { status, ...said };
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
