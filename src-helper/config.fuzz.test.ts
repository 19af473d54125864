import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { fitting, fuzz, hostileText } from '../src-shared/testing/fuzz.ts';
import { helperConfig, loadHelperConfig } from './config.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pst-fuzz-helper-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const known = ['/run/postern/helper.sock', '/var/lib/postern', 'postern0', 'postern', 'info'];
const settings = fitting(z.toJSONSchema(helperConfig, { io: 'input', unrepresentable: 'any' }), known);

/** Of flat settings JSON is TOML, or nearly. */
const tomlOf = (value: unknown): string =>
  Object.entries(Object(value))
    .map(([key, one]) => `${key} = ${JSON.stringify(one)}`)
    .join('\n');

const { name, run, timeoutMs } = fuzz(
  'every file and environment is a configuration of the helper, or is refused in lines that name what',
  fc.record({
    content: settings.map(tomlOf),
    env: fc.dictionary(
      fc.constantFrom(
        'POSTERN_HELPER_SOCKET',
        'POSTERN_HELPER_GROUP',
        'POSTERN_HELPER_ALLOW_UIDS',
        'POSTERN_HELPER_INTERFACE',
      ),
      hostileText,
    ),
  }),
  ({ content, env }) => {
    const file = join(folder, 'fuzz.toml');
    writeFileSync(file, content);
    const loaded = loadHelperConfig(file, env, { logLevel: undefined });
    if (loaded.ok) {
      expect(loaded.value.socket).toMatch(/^\//);
      return;
    }
    expect(loaded.mistakes.length).toBeGreaterThan(0);
    for (const mistake of loaded.mistakes) expect(mistake).toMatch(/^\S[^\n]+$/);
  },
  { tries: 500 },
);
test(name, run, timeoutMs);
