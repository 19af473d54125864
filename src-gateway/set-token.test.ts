import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { setToken } from './set-token.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pst-token-'));
  file = join(folder, 'gateway.toml');
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(token: string): void {
  const settings = [
    'serverUrl = "https://vpn.example.com"',
    'gatewayId = "0198f2d0-0000-7000-8000-000000000001"',
    'endpoint = "192.0.2.1:51820"',
    'address = "10.86.0.1/22"',
  ];
  writeFileSync(file, [...settings, token].join('\n'));
}
const TOKEN = 'n'.repeat(43);

test('the new token takes the place of the old one, for its owner alone', async () => {
  const tokenFile = join(folder, 'gateway.token');
  writeFileSync(tokenFile, 'old\n', { mode: 0o600 });
  write(`tokenFile = "${tokenFile}"`);
  expect(await setToken(file, TOKEN)).toMatchObject({ ok: true, tokenFile });
  expect(readFileSync(tokenFile, 'utf8')).toBe(`${TOKEN}\n`);
  expect(statSync(tokenFile).mode & 0o777).toBe(0o600);
});

test.each([
  ['what is no token', 'short', 'tokenFile = "/nowhere"', 'postern-server gateway token'],
  ['a token in the configuration itself', TOKEN, 'token = "inline"', 'put it there'],
  ['a configuration with mistakes', TOKEN, 'mtu = 1', 'mtu'],
])('%s is refused with what to do', async (_what, token, line, why) => {
  write(line);
  const set = await setToken(file, token);
  expect(set).toMatchObject({ ok: false, mistakes: expect.arrayContaining([expect.stringContaining(why)]) });
});
