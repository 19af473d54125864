import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, test } from 'vitest';
import { argvFuzz, type FuzzedProgram } from '../src-shared/testing/argv-fuzz.ts';

/** A program that has not ended by then hangs. */
const HANGS_AFTER_MS = 60_000;
const entry = path.join(import.meta.dirname, 'cli.ts');

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'postern-argv-'));
  return () => rmSync(folder, { recursive: true });
});

function runProgram(argv: readonly string[]): ReturnType<FuzzedProgram['run']> {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const env = { PATH, HOME: folder, NODE_COMPILE_CACHE };
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [entry, ...argv],
      { cwd: folder, env, timeout: HANGS_AFTER_MS },
      (error, stdout, stderr) => resolve({ status: error ? Number(error.code) : 0, stdout, stderr }),
    );
    child.stdin?.end();
  });
}

const { name, run, timeoutMs } = argvFuzz({
  name: 'postern',
  exits: [...Array.from({ length: 16 }, (_, code) => code), 130],
  words: ['status', 'gateways', 'devices', 'remove', 'guard', 'pin', 'disconnect', '--json', '--help'],
  // As a program, since it ends with its process; its command line alone is tried thousands of times (input.fuzz.test.ts).
  tries: 4,
  run: runProgram,
});
test(name, run, timeoutMs);
