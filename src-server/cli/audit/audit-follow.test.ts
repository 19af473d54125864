import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { appendAudit } from '../../audit/audit-log.ts';
import { serverCommand } from '../../testing/server-command.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';

const entry = join(import.meta.dirname, '../../cli.ts');
const within = { timeout: 15_000 };
let server: TestServer;
let child: ChildProcess | undefined;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(async () => {
  child?.kill('SIGKILL');
  await server.close();
});

const write = (action: string, outcome: 'ok' | 'refused' = 'ok') =>
  server.ctx.database.db
    .transaction()
    .execute((tx) => appendAudit(tx, { at: server.clock.now, actor: 'cli', action, outcome, details: {} }));

/** `audit list --follow` as a program beside the server; `lines` grows. */
function follow(...words: string[]) {
  serverCommand(server);
  const config = join(server.ctx.config.keysDir, 'server.toml');
  const args = [entry, 'audit', 'list', '--follow', ...words, '--config', config];
  const running = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  child = running;
  const lines: string[] = [];
  let complaint = '';
  createInterface(running.stdout).on('line', (line) => lines.push(line));
  running.stderr.on('data', (text) => {
    complaint += String(text);
  });
  const ended = once(running, 'exit').then(([code, signal]) => ({ code, signal, complaint }));
  return { running, lines, ended };
}

test('new rows come as lines of JSON while the server writes them, and Ctrl-C ends it with 0', async () => {
  for (const name of ['first', 'second', 'third']) await write(`test.${name}`);
  const { running, lines, ended } = follow('--json', '--limit', '2');
  await expect.poll(() => lines.length, within).toBe(2);
  await write('test.fourth', 'refused');
  await write('test.fifth');
  await expect.poll(() => lines.length, within).toBe(4);
  expect(lines.map((line) => JSON.parse(line)).map(({ seq, action }) => [seq, action])).toEqual([
    [2, 'test.second'],
    [3, 'test.third'],
    [4, 'test.fourth'],
    [5, 'test.fifth'],
  ]);
  running.kill('SIGINT');
  expect(await ended).toEqual({ code: 0, signal: null, complaint: '' });
}, 30_000);

test('with a filter, from a row on: all that fits since, and what fits of what comes', async () => {
  for (let i = 0; i < 60; i++) await write('test.old', i % 2 === 0 ? 'ok' : 'refused');
  const { running, lines, ended } = follow('--after', '40', '--outcome', 'refused');
  await expect.poll(() => lines.length, within).toBe(10);
  await write('test.new');
  await write('test.new', 'refused');
  await expect.poll(() => lines.at(-1), within).toMatch(/^62 .* test\.new {2}refused {2}cli$/);
  expect(lines).toHaveLength(11);
  running.stdout.destroy();
  await write('test.more', 'refused');
  expect(await ended).toMatchObject({ code: 0, complaint: '' });
}, 30_000);

test('when another database takes the place of this one it ends, and says so', async () => {
  await write('test.first');
  const { lines, ended } = follow();
  await expect.poll(() => lines.length, within).toBe(1);
  const { databaseFile } = server.ctx.config;
  renameSync(databaseFile, `${databaseFile}.before`);
  writeFileSync(databaseFile, '');
  expect(await ended).toMatchObject({ code: 1, complaint: expect.stringContaining('is another one now') });
  renameSync(`${databaseFile}.before`, databaseFile);
}, 30_000);

test('it goes on with what comes: what is before a row or a time is no part of it', async () => {
  for (const words of [
    ['--before', '3'],
    ['--to', '2026-01-01'],
  ])
    expect(await serverCommand(server)('audit', 'list', '--follow', ...words)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("'--follow' cannot be used with option"),
    });
});
