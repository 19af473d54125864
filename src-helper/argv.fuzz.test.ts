import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, test } from 'vitest';
import { asProgram } from '../src-node/testing/as-program.ts';
import { argvFuzz } from '../src-shared/testing/argv-fuzz.ts';
import { endWithFault, helperProgram } from './program.ts';

let file = '';
beforeAll(() => {
  const folder = mkdtempSync(path.join(tmpdir(), 'postern-helper-argv-'));
  file = path.join(folder, 'fuzz.toml');
  return () => rmSync(folder, { recursive: true });
});

const { name, run, timeoutMs } = argvFuzz({
  name: 'postern-helper',
  exits: [0, 1, 2, 3],
  words: ['trust', 'untrust', 'list', 'trust-shown', '--yes', '--help', 'https://vpn.example.com'],
  tries: 300,
  run(argv, config) {
    if (config !== null) writeFileSync(file, config);
    const words = config === null ? argv : [...argv, '--config', file];
    return asProgram(() => helperProgram().parseAsync(words, { from: 'user' }).catch(endWithFault));
  },
});
test(name, run, timeoutMs);
