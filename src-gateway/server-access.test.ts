import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { programLog } from '../src-node/program-log.ts';
import { loadGatewayConfig } from './config.ts';
import { readAccess, reloadAccess } from './server-access.ts';

let folder: string;
let file: string;
let lines: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pst-access-'));
  file = join(folder, 'gateway.toml');
  lines = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(more: string): void {
  const settings = [
    'serverUrl = "https://vpn.example.com"',
    'gatewayId = "0198f2d0-0000-7000-8000-000000000001"',
    `tokenFile = "${join(folder, 'token')}"`,
    'endpoint = "192.0.2.1:51820"',
    'address = "10.86.0.1/22"',
  ];
  writeFileSync(file, [...settings, more].join('\n'));
}
const writeToken = (token: string) => writeFileSync(join(folder, 'token'), `${token}\n`, { mode: 0o600 });

async function running() {
  write('');
  writeToken('first');
  const loaded = loadGatewayConfig(file, {});
  if (!loaded.ok) throw new Error(loaded.mistakes.join());
  const config = loaded.value;
  const log = programLog({ level: 'info' }, { write: (line) => void lines.push(line) });
  return { file, config, access: await readAccess(config, file), log };
}
const said = () => lines.map((line) => JSON.parse(line));

test('a reload takes over token, certificate authority and level, and names what takes a restart', async () => {
  const agent = await running();
  expect(agent.access).toEqual({ token: 'first', ca: null });
  writeToken('second');
  writeFileSync(join(folder, 'ca.pem'), 'PEM');
  write(`caFile = "${join(folder, 'ca.pem')}"\nlogLevel = "debug"\nmtu = 1380`);
  await reloadAccess(agent);
  expect(agent.access).toEqual({ token: 'second', ca: 'PEM' });
  expect(agent.log.level).toBe('debug');
  expect(said()).toMatchObject([{ level: 'info', msg: 'reloaded', needsRestart: ['mtu'] }]);
});

test.each([
  ['a mistake', () => write('mtu = 1'), 'the configuration has mistakes'],
  [
    'an authority that is not there',
    () => write('caFile = "/nowhere"\nlogLevel = "debug"'),
    'stay as they were',
  ],
  ['no token any more', () => rmSync(join(folder, 'token')), 'stay as they were'],
])('with %s all stays as it was, and that is said', async (_, spoil, words) => {
  const agent = await running();
  spoil();
  await reloadAccess(agent);
  expect(agent.access).toEqual({ token: 'first', ca: null });
  expect(agent.log.level).toBe('info');
  expect(said()).toMatchObject([{ level: 'error', msg: expect.stringContaining(words) }]);
});
