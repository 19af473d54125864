import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { eventOf, watchLogind } from './logind-watch.ts';

const log = pino({ level: 'silent' });
const run = promisify(execFile);
const PYTHON = '/usr/bin/python3';
const session = '/org/freedesktop/login1/session/c1';

test('only a signal of this session that says locked locks; nothing ever unlocks', () => {
  const props = (path: string, changed: object) => ({
    path,
    interface: 'org.freedesktop.DBus.Properties',
    member: 'PropertiesChanged',
    body: ['org.freedesktop.login1.Session', changed, []],
  });
  const lock = { path: session, interface: 'org.freedesktop.login1.Session', member: 'Lock' };
  expect(eventOf(lock, session)).toBe('lock');
  expect(eventOf({ ...lock, path: `${session}2` }, session)).toBeNull();
  expect(eventOf({ ...lock, member: 'Unlock' }, session)).toBeNull();
  expect(eventOf(lock, null)).toBeNull();
  expect(eventOf(props(session, { LockedHint: true }), session)).toBe('lock');
  expect(eventOf(props(session, { LockedHint: false }), session)).toBeNull();
  expect(eventOf(props('/other', { LockedHint: true }), session)).toBeNull();
  const sleep = { interface: 'org.freedesktop.login1.Manager', member: 'PrepareForSleep' };
  expect(eventOf({ ...sleep, body: [true] }, null)).toBe('sleep');
  expect(eventOf({ ...sleep, body: [false] }, null)).toBe('wake');
  expect(eventOf({ ...sleep, body: ['true'] }, null)).toBeNull();
  expect(eventOf(sleep, null)).toBeNull();
});

test('a bus that is not there is no end of the app', async () => {
  const watch = await watchLogind({
    busAddress: 'unix:path=/nonexistent/bus',
    sessionId: undefined,
    onLock: () => undefined,
    onSleep: () => undefined,
    log,
  });
  await watch.stop();
});

/** A real D-Bus with python-dbusmock's logind on it. */
async function hasMock(): Promise<boolean> {
  if (!existsSync('/usr/bin/dbus-daemon') || !existsSync(PYTHON)) return false;
  return run(PYTHON, ['-c', 'import dbusmock']).then(
    () => true,
    () => false,
  );
}
const isPossible = await hasMock();
if (!isPossible && process.env.CI) throw new Error('dbus-daemon or python3-dbusmock is missing');

describe.skipIf(!isPossible)('on a real bus (needs dbus and python3-dbusmock)', () => {
  let folder: string;
  let address: string;
  const children: ChildProcess[] = [];
  const call = (...args: string[]) =>
    run('/usr/bin/gdbus', ['call', '--system', '-d', 'org.freedesktop.login1', ...args], {
      env: { ...process.env, DBUS_SYSTEM_BUS_ADDRESS: address },
    });
  const mock = (path: string, method: string, ...args: string[]) =>
    call('-o', path, '-m', `org.freedesktop.DBus.Mock.${method}`, ...args);

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'postern-logind-'));
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
    await vi.waitFor(
      () => mock('/org/freedesktop/login1', 'AddSession', 'c1', 'seat0', 'uint32 1000', 'eva', 'true'),
      { timeout: 15_000, interval: 200 },
    );
  }, 40_000);
  afterAll(() => {
    for (const child of children.reverse()) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  test('locking the session, sleep and wake are heard', async () => {
    const heard: string[] = [];
    const watch = await watchLogind({
      busAddress: address,
      sessionId: 'c1',
      onLock: () => heard.push('lock'),
      onSleep: (isGoing) => heard.push(isGoing ? 'sleep' : 'wake'),
      log,
    });
    await call('-o', session, '-m', 'org.freedesktop.login1.Session.Lock');
    await vi.waitFor(() => expect(heard).toContain('lock'), { timeout: 10_000 });
    heard.length = 0;
    const manager = ['org.freedesktop.login1.Manager', 'PrepareForSleep', 'b'];
    await mock('/org/freedesktop/login1', 'EmitSignal', ...manager, '[<true>]');
    await mock('/org/freedesktop/login1', 'EmitSignal', ...manager, '[<false>]');
    await vi.waitFor(() => expect(heard).toEqual(['sleep', 'wake']), { timeout: 10_000 });
    await watch.stop();
  });
});
