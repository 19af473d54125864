import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { loadConfig } from './config.ts';

const schema = z.strictObject({
  name: z.string().min(1),
  listen: z
    .strictObject({ host: z.string().default('::'), port: z.number().int().max(65_535) })
    .prefault({ port: 443 }),
  proxies: z.array(z.string()).default([]),
  isOpen: z.boolean().default(false),
});

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pst-h1-config-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function load(toml: string, env: Record<string, string> = {}) {
  const file = join(folder, 'x.toml');
  writeFileSync(file, toml);
  return loadConfig(schema, { file, env, envPrefix: 'POSTERN_' });
}

test('file, environment and defaults are laid over each other', () => {
  const env = { POSTERN_LISTEN_PORT: '8443', POSTERN_PROXIES: '10.0.0.1, 10.0.0.2', POSTERN_IS_OPEN: 'true' };
  expect(load('name = "Acme"\n[listen]\nhost = "127.0.0.1"\nport = 1', env)).toEqual({
    ok: true,
    value: {
      name: 'Acme',
      listen: { host: '127.0.0.1', port: 8443 },
      proxies: ['10.0.0.1', '10.0.0.2'],
      isOpen: true,
    },
  });
});

test('every mistake is named with its field, its variable and what was given', () => {
  const result = load('nmae = "x"\n[listen]\nhost = 5', { POSTERN_LISTEN_PORT: 'https' });
  expect(result.ok).toBe(false);
  const text = result.ok ? '' : result.mistakes.join('\n');
  expect(text).toMatch(/^nmae: no such setting$/m);
  expect(text).toMatch(/^name \(POSTERN_NAME\): is missing$/m);
  expect(text).toMatch(/^listen\.host \(POSTERN_LISTEN_HOST\): .*expected string/m);
  expect(text).toMatch(/^listen\.port \(POSTERN_LISTEN_PORT\): .*expected number.*"https"/m);
});

test('a file that is missing or not TOML is one clear mistake', () => {
  const missing = loadConfig(schema, { file: join(folder, 'none.toml'), env: {}, envPrefix: 'P_' });
  expect(missing).toMatchObject({ ok: false, mistakes: [expect.stringContaining('none.toml')] });
  expect(load('name = ')).toMatchObject({ ok: false, mistakes: [expect.stringContaining('x.toml')] });
});

test('without a file the environment alone is enough', () => {
  const result = loadConfig(schema, { env: { P_NAME: 'Acme' }, envPrefix: 'P_' });
  expect(result).toMatchObject({ ok: true, value: { name: 'Acme', listen: { host: '::', port: 443 } } });
});
