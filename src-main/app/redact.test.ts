import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { problem } from '../../src-shared/problem.ts';
import { createAppLog } from './app-log.ts';
import { diagnosticsText } from './diagnostics.ts';
import { redact } from './redact.ts';
import { appSnapshotExample, HELD } from './testing/examples.ts';

const key = 'uLm0Q2yV1cZpWn8dF3hJ6kR9tB5xA7sE4gC1vN0oI2U=';
const jws = 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'postern-log-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  ['code 482913 refused', '482913'],
  ['code "482 913"', '482 913'],
  ['{"code":"482913","password":"hunter2"}', 'hunter2'],
  ["password: 'correct horse'", 'correct horse'],
  [`private key ${key}`, key.slice(0, 20)],
  [`lease ${jws}`, 'eyJhbGci'],
  ['Authorization: Bearer abc.def-ghi', 'abc.def-ghi'],
  ['otpauth://totp/Postern:eva?secret=JBSWY3DPEHPK3PXP', 'JBSWY3DPEHPK3PXP'],
  ['backup K7QM-3XRT-9WPD', 'K7QM-3XRT-9WPD'],
])('%s is written without what is secret in it', (line, secret) => {
  expect(redact(line)).not.toContain(secret);
});

test.each([
  'connect to 192.0.2.1:51820 failed',
  'at 2026-11-21T12:00:00.123456Z',
  '{"level":30,"time":1795294224705,"msg":"connect"}',
  'lease 018f3f3e-7b1a-7c3d-8e2f-0123456789ab began',
])('%s stays as it is', (line) => {
  expect(redact(line)).toBe(line);
});

test('the log file and what is kept in memory never hold a code or a PIN', () => {
  const { log, tail } = createAppLog({ folder, level: 'info' });
  log.info({ code: '482913', err: new Error('refused 482913') }, 'code 482913');
  log.info({ answers: [{ method: 'pin', pin: 'hunter-482913-x' }], pepper: 'c2FsdA' }, 'pin=Kr4ftwort!');
  const file = path.join(folder, 'postern.log');
  expect(readFileSync(file, 'utf8')).toContain('refused');
  expect(readFileSync(file, 'utf8') + tail().join('\n')).not.toMatch(/482913|hunter|c2FsdA|Kr4ft/);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('diagnostics name the state of every part, and neither the user nor a code', () => {
  const text = diagnosticsText({
    sleepGuard: 'yes',
    snapshot: {
      ...appSnapshotExample,
      guard: { ...HELD, failed: problem('guard-failed', 'nft refused for eva@example.com') },
      unlock: {
        enrolled: { pin: true, uvHw: false, uvSoft: false },
        providers: [{ kind: 'polkit', method: 'uv-soft', obstacle: 'not-installed' }],
        lockCount: 3,
      },
    },
    versions: { node: '24.0.0' },
    logTail: ['{"msg":"code 482913 for eva@example.com"}'],
    now: () => 0,
  });
  for (const part of [
    'channel',
    'keychain',
    'helper',
    'gateways',
    'Prague on',
    'connected since',
    'pin true',
    'polkit (uv-soft) not-installed',
    'locked before sleep',
    'team, mode gate of team, own off, failed: guard-failed nft refused',
  ])
    expect(text).toContain(part);
  expect(text).not.toMatch(/eva@example\.com|482913/);
});
