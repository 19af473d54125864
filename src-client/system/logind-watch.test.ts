import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createClientCore } from '../create-core.ts';
import { hasLogindParts, type LogindBus, startLogindBus } from '../testing/logind-bus.ts';
import { memoryKeychain } from '../testing/memory-keychain.ts';
import { eventOf, watchLogind } from './logind-watch.ts';

const log = pino({ level: 'silent' });
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

test.each(['unix:path=/nonexistent/bus', 'carrier-pigeon:x=y'])(
  'a bus that is not there (%s) ends nothing',
  async (busAddress) => {
    const watch = watchLogind({
      busAddress,
      sessionId: undefined,
      uid: 0,
      onLock: () => undefined,
      onSleep: () => undefined,
      log,
    });
    await wait(50);
    watch.stop();
  },
);

const isPossible = await hasLogindParts();
if (!isPossible && process.env.CI) throw new Error('dbus-daemon, systemd or python3-dbusmock is missing');
const within = { timeout: 10_000, interval: 50 };

describe.skipIf(!isPossible)('on a real bus (needs dbus, systemd and python3-dbusmock)', () => {
  let bus: LogindBus;
  beforeAll(async () => {
    bus = await startLogindBus();
  }, 40_000);
  afterAll(() => bus.stop());

  test.each([
    ['of the environment', { sessionId: 'c1', uid: 4_711 }],
    ['at the screen of the user', { sessionId: undefined, uid: 1_001 }],
  ])('locking the session %s, sleep and wake are heard', async (_which, who) => {
    const heard: string[] = [];
    const watch = watchLogind({
      ...who,
      busAddress: bus.address,
      onLock: () => heard.push('lock'),
      onSleep: (isGoing) => heard.push(isGoing ? 'sleep' : 'wake'),
      log,
    });
    // Asked again until it is heard: nobody says when listening has begun.
    await vi.waitFor(async () => {
      await bus.lockSession();
      expect(heard).toContain('lock');
    }, within);
    await bus.prepareForSleep(true);
    await bus.prepareForSleep(false);
    await vi.waitFor(
      () => expect(heard.filter((event) => event !== 'lock')).toEqual(['sleep', 'wake']),
      within,
    );
    watch.stop();
  });

  test('the client core hears them by itself, as the terminal has it, and tells who listens', async () => {
    const profileFolder = mkdtempSync(path.join(tmpdir(), 'postern-core-system-'));
    const core = createClientCore({
      log,
      profileFolder,
      helperSocket: path.join(profileFolder, 'none.sock'),
      keychain: memoryKeychain(),
      platform: 'linux',
      isPackaged: false,
      env: { DBUS_SYSTEM_BUS_ADDRESS: bus.address, XDG_SESSION_ID: 'c1' },
    });
    const heard: string[] = [];
    const { lockCount } = core.snapshot().unlock;
    core.onSystemEvent((event) => heard.push(`${event} ${core.snapshot().unlock.lockCount - lockCount > 0}`));
    await core.start();
    await vi.waitFor(async () => {
      await bus.lockSession();
      expect(heard).toContain('lock true');
    }, within);
    await bus.prepareForSleep(true);
    await bus.prepareForSleep(false);
    await vi.waitFor(() => expect(heard.slice(-2)).toEqual(['suspend true', 'resume true']), within);
    await core.stop();
    const { length } = heard;
    await bus.prepareForSleep(true);
    await wait(200);
    expect(heard).toHaveLength(length);
    rmSync(profileFolder, { recursive: true });
  });
});
