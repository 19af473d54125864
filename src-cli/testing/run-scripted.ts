import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { runCli } from '../run-cli.ts';
import type { ScriptedCore } from './scripted-core.ts';

/** A folder of its own (0700) for the settings of one test. */
export function makeProfile(): { dir: string; remove: () => void } {
  const dir = mkdtempSync(join(tmpdir(), 'pst-cli-'));
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

export interface ScriptedRun {
  type(line: string): void;
  /** Ends the input. */
  endInput(): void;
  signal(): void;
  out(): string;
  err(): string;
  /** The JSON lines so far. */
  events(): Record<string, unknown>[];
  /** Resolves when the text is in the output; rejects after 10 s with what is there. */
  sees(text: string | RegExp): Promise<void>;
  exitCode: Promise<number>;
  /** Codes that `quit` was called with. */
  quits: number[];
}

/** Runs the terminal client in this process, without a terminal, on a scripted core. */
export function runScripted(
  core: ScriptedCore,
  profileDir: string,
  argv: string[],
  env: Record<string, string> = {},
): ScriptedRun {
  const stdin = new PassThrough();
  const captured = { out: '', err: '' };
  const sink = (name: 'out' | 'err') => {
    const stream = new PassThrough();
    stream.on('data', (chunk: Buffer) => {
      captured[name] += chunk.toString();
    });
    return stream;
  };
  let onSignal: (signal: 'SIGINT') => void = () => undefined;
  const quits: number[] = [];
  const exitCode = runCli({
    argv: [...argv, '--profile', profileDir],
    env,
    stdin,
    terminal: null,
    stdout: sink('out'),
    stderr: sink('err'),
    now: Date.now,
    pid: process.pid,
    uid: process.getuid?.() ?? 0,
    tmpDir: tmpdir(),
    version: '0.0.0',
    onSignal: (listener) => {
      onSignal = listener;
    },
    openScreen: () => null,
    job: { stop: () => undefined, onContinued: () => undefined, isInForeground: () => true },
    quit: (code) => quits.push(code),
    openCore: () => core,
  });
  const all = () => captured.out + captured.err;
  return {
    type: (line) => void stdin.write(`${line}\n`),
    endInput: () => void stdin.end(),
    signal: () => onSignal('SIGINT'),
    out: () => captured.out,
    err: () => captured.err,
    events: () =>
      captured.out
        .split('\n')
        .filter(Boolean)
        .map((line): Record<string, unknown> => JSON.parse(line)),
    async sees(text) {
      const isThere = () => (typeof text === 'string' ? all().includes(text) : text.test(all()));
      const deadline = Date.now() + 10_000;
      while (!isThere()) {
        if (Date.now() > deadline) throw new Error(`did not see ${String(text)} in:\n${all()}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    exitCode,
    quits,
  };
}
