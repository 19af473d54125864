import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createClientCore } from '../../src-client/create-core.ts';
import { hasLogindParts, type LogindBus, startLogindBus } from '../../src-client/testing/logind-bus.ts';
import { memoryKeychain } from '../../src-client/testing/memory-keychain.ts';
import { createSleepGuard } from '../app/sleep-guard.ts';
import { watchSystem } from './power.ts';

vi.mock('electron', () => import('./testing/fake-electron.ts'));

const isPossible = await hasLogindParts();
if (!isPossible && process.env.CI) throw new Error('dbus-daemon, systemd or python3-dbusmock is missing');
const within = { timeout: 10_000, interval: 50 };

describe.skipIf(!isPossible)('on a real bus (needs dbus, systemd and python3-dbusmock)', () => {
  let bus: LogindBus;
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const before = signals.map((signal) => process.listeners(signal));
  beforeAll(async () => {
    bus = await startLogindBus();
  }, 40_000);
  afterAll(() => {
    bus.stop();
    for (const [index, signal] of signals.entries())
      for (const listener of process.listeners(signal))
        if (!before[index]?.includes(listener)) process.removeListener(signal, listener);
  });

  test('logind waits for us; we lock before we let the computer sleep, and hold it again when it woke', async () => {
    const log = pino({ level: 'silent' });
    const guard = createSleepGuard({ platform: 'linux', busAddress: bus.address, log });
    const profileFolder = mkdtempSync(join(tmpdir(), 'postern-power-'));
    const core = createClientCore({
      log,
      profileFolder,
      helperSocket: join(profileFolder, 'none.sock'),
      keychain: memoryKeychain(),
      platform: 'linux',
      isPackaged: false,
      env: { DBUS_SYSTEM_BUS_ADDRESS: bus.address, XDG_SESSION_ID: 'c1' },
    });
    const heard: string[] = [];
    core.onSystemEvent((event) => heard.push(event));
    watchSystem({
      core,
      signIn: { forget: () => undefined },
      quitting: { quitWithoutAsking: () => undefined },
      sleepGuard: {
        take: () => guard.take(),
        release() {
          heard.push('let sleep');
          guard.release();
        },
        get state() {
          return guard.state;
        },
      },
      platform: 'linux',
    });
    await core.start();
    const isHeld = async () => /'sleep', 'Postern', '[^']+', 'delay'/.test(await bus.inhibitors());
    await vi.waitFor(async () => expect(await isHeld()).toBe(true), within);
    // Asked again until it is heard: nobody says when the app has begun to listen.
    await vi.waitFor(async () => {
      await bus.lockSession();
      expect(heard).toContain('lock');
    }, within);
    heard.length = 0;
    await bus.prepareForSleep(true);
    await vi.waitFor(async () => expect(await isHeld()).toBe(false), within);
    expect(heard.filter((event) => event !== 'lock')).toEqual(['suspend', 'let sleep']);
    await bus.prepareForSleep(false);
    await vi.waitFor(async () => expect(await isHeld()).toBe(true), within);
    expect(heard.at(-1)).toBe('resume');
    guard.release();
    await core.stop();
    rmSync(profileFolder, { recursive: true });
  });
});
