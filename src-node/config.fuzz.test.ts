import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { fuzz, hostileText } from '../src-shared/testing/fuzz.ts';
import { loadConfig } from './config.ts';

const schema = z.strictObject({
  name: z.string().max(64),
  listen: z.strictObject({ host: z.string(), port: z.number().int() }).prefault({ host: '::', port: 1 }),
  lists: z.array(z.string()).default([]),
  isOn: z.boolean().default(false),
});

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pst-fuzz-config-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const piece = fc.oneof(
  hostileText,
  fc.constantFrom(
    'name',
    'listen',
    'port',
    'lists',
    '=',
    '[',
    ']',
    '[[',
    '{',
    '}',
    '"',
    "'''",
    '\n',
    '\r\n',
    '.',
    '#',
  ),
  fc.constantFrom(
    'name = "x"\n',
    '[listen]\nport = 1\n',
    '__proto__ = 1\n',
    '[__proto__]\na = 1\n',
    '1979-05-27',
    'nan',
  ),
);

const { name, run, timeoutMs } = fuzz(
  'every file is a configuration, or is refused in lines that name it',
  fc.record({
    content: fc.oneof(
      fc.array(piece, { maxLength: 12 }).map((pieces) => Buffer.from(pieces.join(''))),
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    ),
    env: fc.dictionary(
      fc.constantFrom('P_NAME', 'P_LISTEN', 'P_LISTEN_PORT', 'P_LISTS', 'P_IS_ON'),
      hostileText,
    ),
  }),
  ({ content, env }) => {
    const file = join(folder, 'fuzz.toml');
    writeFileSync(file, content);
    const loaded = loadConfig(schema, { file, env, envPrefix: 'P_' });
    if (loaded.ok) return;
    expect(loaded.mistakes.length).toBeGreaterThan(0);
    for (const mistake of loaded.mistakes) expect(mistake).toMatch(/^[^\n]*$/);
  },
  { tries: 2000 },
);
test(name, run, timeoutMs);
