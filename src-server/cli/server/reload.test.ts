import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { connect } from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makePair, type TestPair } from '../../testing/certificate-pair.ts';
import { ServerFolder } from '../../testing/server-folder.ts';

let folder: ServerFolder;
let child: ChildProcess;
let lines: Record<string, unknown>[];
beforeEach(async () => {
  folder = await ServerFolder.initialised();
  lines = [];
});
afterEach(async () => {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  await folder.remove();
});

function configure(more: string): void {
  const settings = [
    'issuer = "https://vpn.test.example"',
    'teamName = "Test"',
    'databaseFile = "postern.db"',
    more,
  ];
  const tables = [
    '[listen]',
    'host = "127.0.0.1"',
    'port = 0',
    '[tls]',
    'certFile = "a.crt"',
    'keyFile = "a.key"',
  ];
  writeFileSync(folder.config, [...settings, ...tables].join('\n'));
}
function useCertificate({ cert, key }: TestPair): void {
  writeFileSync(join(folder.path, 'a.crt'), cert);
  writeFileSync(join(folder.path, 'a.key'), key);
}
/** The first line that begins so. */
async function line(words: string): Promise<Record<string, unknown>> {
  const find = () => lines.find(({ msg }) => String(msg).startsWith(words));
  await expect.poll(find, { timeout: 30_000 }).toBeDefined();
  return find() ?? {};
}
async function serialNow(port: number): Promise<string | undefined> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const serial = socket.getPeerX509Certificate()?.serialNumber;
  socket.destroy();
  return serial;
}

test('SIGHUP reads certificate, level and mail settings anew, and ends nothing', async () => {
  const first = makePair({ name: 'vpn.test.example', days: 365 });
  useCertificate(first);
  configure('');
  child = folder.begin(['start'], ['ignore', 'pipe', 'inherit']);
  if (child.stdout) createInterface(child.stdout).on('line', (text) => lines.push(JSON.parse(text)));
  const listening = await line('listening on');
  const port = Number(/:(\d+)$/.exec(String(listening.msg))?.[1]);
  const before = await serialNow(port);

  // A mistake changes nothing.
  configure('logLevel = "loud"');
  child.kill('SIGHUP');
  expect(await line('not reloaded')).toMatchObject({
    level: 'error',
    mistakes: [expect.stringContaining('logLevel')],
  });
  expect(await serialNow(port)).toBe(before);

  useCertificate(makePair({ name: 'vpn.test.example', days: 365 }));
  const mail = 'mail = { host = "127.0.0.1", port = 1, security = "none", from = "vpn@test.example" }';
  configure(`logLevel = "debug"\nstrangerRequestsPerMinute = 70\n${mail}`);
  child.kill('SIGHUP');
  expect(await line('reloaded')).toMatchObject({
    logLevel: 'debug',
    needsRestart: ['strangerRequestsPerMinute'],
  });
  expect(await serialNow(port)).not.toBe(before);
  expect(await line('the certificate was renewed')).toMatchObject({ host: 'vpn.test.example' });
  expect(child.exitCode).toBeNull();
}, 90_000);
