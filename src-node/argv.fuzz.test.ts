import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fuzz, hostileText } from '../src-shared/testing/fuzz.ts';

/** A program that has not ended by then hangs. */
const HANGS_AFTER_MS = 60_000;
const STACK = /\n\s+at \S|node:internal/;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pst-argv-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** `exits`: the codes of its documentation. What would set up this machine is left out. */
const programs = [
  {
    room: 'src-gateway',
    exits: [0, 1, 2],
    words: [
      'check',
      'keygen',
      'install',
      'set-token',
      'start',
      '--json',
      '--server',
      '--gateway',
      '--address',
    ],
  },
  {
    room: 'src-helper',
    exits: [0, 1, 2, 3],
    words: ['trust', 'untrust', 'list', 'trust-shown', '--yes', '--help', 'https://vpn.example.com'],
  },
  {
    room: 'src-cli',
    exits: [...Array.from({ length: 16 }, (_, code) => code), 130],
    words: ['status', 'gateways', 'devices', 'remove', 'guard', 'pin', 'disconnect', '--json', '--help'],
  },
];

/** No argument can have a zero byte, and none is to name a file outside of the folder. */
const isPlain = (word: string): boolean => !/\0|^\/|\.\./.test(word) && word.isWellFormed();

function run(entry: string, words: readonly string[]) {
  return new Promise<{ code: unknown; said: string }>((resolve) => {
    const home = { PATH: process.env.PATH, HOME: folder, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE };
    const child = execFile(
      process.execPath,
      [entry, ...words],
      { cwd: folder, env: home, timeout: HANGS_AFTER_MS },
      (error, stdout, stderr) => resolve({ code: error ? error.code : 0, said: stdout + stderr }),
    );
    child.stdin?.end();
  });
}

for (const { room, exits, words } of programs) {
  const entry = path.join(import.meta.dirname, '..', room, 'cli.ts');
  const hostile = hostileText.filter(isPlain);
  const {
    name,
    run: tried,
    timeoutMs,
  } = fuzz(
    `whatever words and configuration ${room} is given, it ends with a code of its list and without a stack`,
    fc.record({
      argv: fc.array(fc.oneof(fc.constantFrom(...words), hostile), { maxLength: 5 }),
      config: fc.option(
        fc.oneof(hostileText, fc.constant('[a]\nb = 1\nb = 2'), fc.constant('serverUrl = 1')),
        {
          nil: null,
        },
      ),
    }),
    async ({ argv, config }) => {
      const file = path.join(folder, 'fuzz.toml');
      if (config !== null) writeFileSync(file, config);
      const named = config === null || room === 'src-cli' ? [] : ['--config', file];
      const { code, said } = await run(entry, [...argv, ...named]);
      const told = `${JSON.stringify(argv)} ${code} ${said.slice(0, 500)}`;
      expect(exits, told).toContain(code);
      expect(said, told).not.toMatch(STACK);
      if (code !== 0) expect(said.trim(), told).not.toBe('');
    },
  );
  test(name, tried, timeoutMs);
}
