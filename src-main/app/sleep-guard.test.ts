import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createSleepGuard } from './sleep-guard.ts';

const run = promisify(execFile);
const PYTHON = '/usr/bin/python3';
const silent = pino({ level: 'silent' });

/** systemd-inhibit itself, and a real D-Bus with python-dbusmock's logind on it. */
async function hasParts(): Promise<boolean> {
  if (!existsSync('/usr/bin/dbus-daemon') || !existsSync('/usr/bin/systemd-inhibit')) return false;
  return run(PYTHON, ['-c', 'import dbusmock']).then(
    () => true,
    () => false,
  );
}
const isPossible = await hasParts();
if (!isPossible && process.env.CI) throw new Error('dbus-daemon, systemd or python3-dbusmock is missing');

test('where nothing can hold sleep back, log and Help say so, once', () => {
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(line) });
  const guard = createSleepGuard({ platform: 'linux', program: null, log });
  guard.take();
  guard.take();
  expect(guard.state).toContain('systemd-inhibit is missing');
  expect(lines).toHaveLength(1);
  expect(createSleepGuard({ platform: 'darwin', log }).state).toBe('by the system');
});

describe.skipIf(!isPossible)('on a real bus (needs dbus, systemd and python3-dbusmock)', () => {
  let folder: string;
  let address: string;
  const children: ChildProcess[] = [];
  const inhibitors = async (): Promise<string> => {
    const target = ['--dest', 'org.freedesktop.login1', '-o', '/org/freedesktop/login1'];
    const call = ['call', '--address', address, ...target];
    const listed = await run('/usr/bin/gdbus', [
      ...call,
      '-m',
      'org.freedesktop.login1.Manager.ListInhibitors',
    ]);
    return listed.stdout;
  };

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'postern-sleep-'));
    const socket = path.join(folder, 'bus');
    address = `unix:path=${socket}`;
    children.push(
      spawn('/usr/bin/dbus-daemon', ['--session', '--nofork', '--nopidfile', `--address=${address}`], {
        stdio: 'ignore',
      }),
    );
    await vi.waitFor(() => expect(existsSync(socket)).toBe(true), { timeout: 15_000 });
    children.push(
      spawn(PYTHON, ['-m', 'dbusmock', '--system', '--template', 'logind'], {
        env: { ...process.env, DBUS_SYSTEM_BUS_ADDRESS: address },
        stdio: 'ignore',
      }),
    );
    await vi.waitFor(inhibitors, { timeout: 15_000, interval: 200 });
  }, 40_000);
  afterAll(() => {
    for (const child of children.reverse()) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  test('sleep waits for us while the lock is held, not after it was released, and again when it is taken anew', async () => {
    const guard = createSleepGuard({ platform: 'linux', busAddress: address, log: silent });
    for (let round = 0; round < 2; round += 1) {
      guard.take();
      guard.take();
      await vi.waitFor(
        async () => expect(await inhibitors()).toMatch(/^\(\[\('sleep', 'Postern', '[^']+', 'delay', /),
        { timeout: 10_000, interval: 100 },
      );
      expect((await inhibitors()).match(/Postern/g)).toHaveLength(1);
      expect(guard.state).toBe('yes');
      guard.release();
      await vi.waitFor(async () => expect(await inhibitors()).not.toContain('Postern'), {
        timeout: 10_000,
        interval: 100,
      });
    }
  });

  test('a lock that is refused is said', async () => {
    const lines: string[] = [];
    const log = pino({}, { write: (line: string) => void lines.push(line) });
    const guard = createSleepGuard({ platform: 'linux', busAddress: `unix:path=${folder}/nobody`, log });
    guard.take();
    await vi.waitFor(() => expect(guard.state).toMatch(/^no, /), { timeout: 10_000 });
    expect(lines.join('')).toContain('may sleep before Postern locks');
  });
});
