import pino from 'pino';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { hasLogindParts, type LogindBus, startLogindBus } from '../../src-client/testing/logind-bus.ts';
import { createSleepGuard } from './sleep-guard.ts';

const silent = pino({ level: 'silent' });

const isPossible = await hasLogindParts();
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
  let bus: LogindBus;
  beforeAll(async () => {
    bus = await startLogindBus();
  }, 40_000);
  afterAll(() => bus.stop());

  test('sleep waits for us while the lock is held, not after it was released, and again when it is taken anew', async () => {
    const guard = createSleepGuard({ platform: 'linux', busAddress: bus.address, log: silent });
    for (let round = 0; round < 2; round += 1) {
      guard.take();
      guard.take();
      await vi.waitFor(
        async () => expect(await bus.inhibitors()).toMatch(/^\(\[\('sleep', 'Postern', '[^']+', 'delay', /),
        { timeout: 10_000, interval: 100 },
      );
      expect((await bus.inhibitors()).match(/Postern/g)).toHaveLength(1);
      expect(guard.state).toBe('yes');
      guard.release();
      await vi.waitFor(async () => expect(await bus.inhibitors()).not.toContain('Postern'), {
        timeout: 10_000,
        interval: 100,
      });
    }
  });

  test('a lock that is refused is said', async () => {
    const lines: string[] = [];
    const log = pino({}, { write: (line: string) => void lines.push(line) });
    const guard = createSleepGuard({ platform: 'linux', busAddress: 'unix:path=/nonexistent/bus', log });
    guard.take();
    await vi.waitFor(() => expect(guard.state).toMatch(/^no, /), { timeout: 10_000 });
    expect(lines.join('')).toContain('may sleep before Postern locks');
  });
});
