import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
  expect(text).toMatch(/^\S+x\.toml: nmae: no such setting$/m);
  expect(text).toMatch(/^\S+x\.toml: name \(POSTERN_NAME\): is missing$/m);
  expect(text).toMatch(/^\S+x\.toml: listen\.host \(POSTERN_LISTEN_HOST\): expected text in quotes/m);
  expect(text).toMatch(/^listen\.port \(POSTERN_LISTEN_PORT\): expected a number.*"https"/m);
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

describe('a file is read as editors write it', () => {
  const written = 'name = "Büro"\n[listen]\nport = 8443\n';
  test.each([
    ['with a byte order mark', `\ufeff${written}`],
    ['with CRLF', written.replaceAll('\n', '\r\n')],
    ['with a byte order mark and CRLF', `\ufeff${written.replaceAll('\n', '\r\n')}`],
    ['with tabs', '\tname\t=\t"Büro"\t# the team\n\t[listen]\n\t\tport\t=\t8443\t\n'],
    ['without a line break at its end', written.trimEnd()],
    ['with the letters composed otherwise', written.normalize('NFC')],
  ])('%s', (_, toml) => {
    expect(load(toml)).toMatchObject({ ok: true, value: { name: 'Büro', listen: { port: 8443 } } });
  });
});

describe('what is wrong with a file is one line, with its name and what to write', () => {
  test.each<[string, string | Buffer, string]>([
    [
      'UTF-16 of Windows',
      Buffer.from('\ufeffname = "x"', 'utf16le'),
      'is written in UTF-16; save it as UTF-8',
    ],
    [
      'the same without its mark',
      Buffer.from('name = "x"', 'utf16le'),
      'is written in UTF-16, or is no text; save',
    ],
    [
      'UTF-16, the other end first',
      Buffer.from('\ufeffname = "x"', 'utf16le').swap16(),
      'is written in UTF-16;',
    ],
    ['Latin-1', Buffer.from('name = "Büro"', 'latin1'), 'is written in another encoding than UTF-8; save it'],
    ['typographic quotes', 'name = “Acme”', 'line 1, column 8: invalid value; write straight quotes: "…"'],
    ['no quotes', '\nname = Acme', 'line 2, column 8: invalid value; write text in quotes: "…"'],
    ['a colon', 'name: "Acme"', 'write "name = value"'],
    ['a path of Windows', 'name = "C:\\users"', "write a backslash twice, or the text in '…'"],
    ['a no-break space', 'name\u00a0= "Acme"', 'there is a blank in this line that is none'],
    ['a text that goes on', 'name = "Acme', 'line 1, column'],
    ['twice the same', 'name = "a"\nname = "b"', 'line 2, column'],
    [
      'a number as text',
      'name = "x"\nlisten = { port = "443" }',
      'listen.port (P_LISTEN_PORT): expected a number',
    ],
    ['text as a number', 'name = 5', 'name (P_NAME): expected text in quotes: "…"'],
    ['a word for a list', 'name = "x"\nproxies = "a"', 'proxies (P_PROXIES): expected a list: ["…", "…"]'],
    ['a word for a table', 'name = "x"\nlisten = 443', 'listen (P_LISTEN): expected a table: [name]'],
    ['a yes', 'name = "x"\nisOpen = "yes"', 'isOpen (P_IS_OPEN): expected true or false'],
    ['another spelling', 'name = "x"\nis_open = true', 'is_open: no such setting; is isOpen meant?'],
    ['another table', 'name = "x"\nport = 1', 'port: no such setting; is listen.port meant?'],
  ])('%s', (_, content, words) => {
    const file = join(folder, 'wrong.toml');
    writeFileSync(file, content);
    const loaded = loadConfig(schema, { file, env: {}, envPrefix: 'P_' });
    expect(loaded).toMatchObject({ ok: false, mistakes: [expect.stringContaining(words)] });
    expect(loaded.ok ? [] : loaded.mistakes).toEqual([expect.stringMatching(/^\S+wrong\.toml: [^\n]+$/)]);
  });
});

test('a secret is in no mistake', () => {
  const secrets = z.strictObject({
    token: z.string().max(3),
    mail: z.strictObject({ password: z.string().max(3) }),
  });
  const file = join(folder, 'secret.toml');
  const said = (toml: string, env: Record<string, string> = {}) => {
    writeFileSync(file, toml);
    const loaded = loadConfig(secrets, { file, env, envPrefix: 'P_' });
    return loaded.ok ? '' : loaded.mistakes.join('\n');
  };
  expect(said('token = "hunter22')).toMatch(/secret\.toml: line 1/);
  for (const words of [
    said('token = "hunter22'),
    said('token = hunter22'),
    said('token = "hunter22"\n[mail]\npassword = "hunter22"'),
    said('', { P_TOKEN: 'hunter22', P_MAIL_PASSWORD: 'hunter22' }),
  ]) {
    expect(words).not.toBe('');
    expect(words).not.toContain('hunter22');
  }
});
