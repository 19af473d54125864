import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, test } from 'vitest';
import { asProgram } from '../src-node/testing/as-program.ts';
import { argvFuzz } from '../src-shared/testing/argv-fuzz.ts';
import { gatewayProgram, sayFault } from './program.ts';

let file = '';
beforeAll(() => {
  const folder = mkdtempSync(path.join(tmpdir(), 'postern-gateway-argv-'));
  file = path.join(folder, 'fuzz.toml');
  return () => rmSync(folder, { recursive: true });
});

const { name, run, timeoutMs } = argvFuzz({
  name: 'postern-gateway',
  exits: [0, 1, 2],
  words: [
    ...['check', 'keygen', 'install', 'set-token', 'start'],
    ...['--json', '--server', '--gateway', '--address'],
  ],
  tries: 300,
  run(argv, config) {
    if (config !== null) writeFileSync(file, config);
    const words = config === null ? argv : [...argv, '--config', file];
    return asProgram(() => gatewayProgram().parseAsync(words, { from: 'user' }).catch(sayFault));
  },
});
test(name, run, timeoutMs);
