import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createPolkitProvider, UNLOCK_ACTION } from './polkit.ts';
import { createSystemPrompt } from './system-prompt.ts';
import { hasDbusMock, type MockPolkit, startMockPolkit } from './testing/mock-polkit.ts';

const log = pino({ level: 'silent' });
const isPossible = await hasDbusMock();
if (!isPossible && process.env.CI) throw new Error('dbus-daemon or python3-dbusmock is missing');
const isRoot = process.getuid?.() === 0;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pst-polkit-'));
  chmodSync(folder, 0o777);
});
afterAll(() => rmSync(folder, { recursive: true }));

const provider = (busAddress: string | null, change: { uid?: number } = {}) =>
  createPolkitProvider({ busAddress: () => busAddress, uid: 1000, log, ...change });
const never = new AbortController().signal;
const request = (signal = never) => ({ nonce: 'bm9uY2U', reasonText: 'connect', signal });

test('without a bus that can be trusted there is no service, and nobody is asked', async () => {
  for (const address of [null, 'unix:path=/nonexistent/bus', 'carrier-pigeon:x=y']) {
    expect(await provider(address).obstacle()).toBe('no-service');
    expect(await provider(address).prove(request())).toEqual({ outcome: 'unavailable' });
  }
});

describe.skipIf(!isPossible)('polkit on a real bus (needs dbus and python3-dbusmock)', () => {
  let polkit: MockPolkit;
  beforeEach(async () => {
    polkit = await startMockPolkit(folder);
  });
  afterEach(() => polkit.stop());

  test('yes, no, and a dialog that was closed', async () => {
    const { prove, obstacle } = provider(polkit.busAddress);
    expect(await obstacle()).toBeNull();
    await polkit.mock('SetAllowed', 'as', [UNLOCK_ACTION]);
    expect(await prove(request())).toEqual({ outcome: 'verified', value: null });
    await polkit.mock('SetAllowed', 'as', []);
    expect(await prove(request())).toEqual({ outcome: 'refused' });
    await polkit.mock('SetDismiss', 'b', true);
    expect(await prove(request())).toEqual({ outcome: 'cancelled' });
  });

  test('a yes that asks nobody is an obstacle and no verification', async () => {
    const { prove, obstacle } = provider(polkit.busAddress);
    await polkit.mock('SetAllowed', 'as', [UNLOCK_ACTION]);
    await polkit.mock('SetPreflight', 'bb', true, false);
    expect(await obstacle()).toBe('asks-nobody');
    expect(await prove(request())).toEqual({ outcome: 'unavailable' });
    await polkit.mock('SetPreflight', 'bb', false, false);
    expect(await obstacle()).toBe('not-at-screen');
    expect(await prove(request())).toEqual({ outcome: 'unavailable' });
  });

  test('an action that is not installed is an obstacle, and so is being root', async () => {
    const asRoot = provider(polkit.busAddress, { uid: 0 });
    await polkit.mock('SetAllowed', 'as', [UNLOCK_ACTION]);
    expect(await asRoot.obstacle()).toBe('asks-nobody');
    expect(await asRoot.prove(request())).toEqual({ outcome: 'unavailable' });
    await polkit.mock('SetListed', 'as', ['org.example.other']);
    expect(await provider(polkit.busAddress).obstacle()).toBe('not-installed');
  });

  test('a question that is taken back is cancelled at polkit too', async () => {
    const { prove } = provider(polkit.busAddress);
    await polkit.mock('SimulateHang', 'b', true);
    const taken = new AbortController();
    const asked = prove(request(taken.signal));
    await vi.waitFor(async () => expect(await polkit.mock('HaveHangingCalls')).toBeTruthy(), 5_000);
    taken.abort();
    expect(await asked).toEqual({ outcome: 'cancelled' });
    expect(await polkit.mock('Cancelled')).toEqual([expect.stringMatching(/^[\da-f-]{36}$/)]);
    expect(await prove(request(taken.signal))).toEqual({ outcome: 'cancelled' });
  });

  test('after 60 seconds without an answer the question is taken back', async () => {
    const { prove } = provider(polkit.busAddress);
    await polkit.mock('SimulateHang', 'b', true);
    let due: (() => void) | null = null;
    let limitMs = 0;
    const prompt = createSystemPrompt((delayMs, onDue) => {
      limitMs = delayMs;
      due = onDue;
      return () => undefined;
    });
    const asked = prompt.ask((signal) => prove(request(signal)), { signal: never });
    await vi.waitFor(async () => expect(await polkit.mock('HaveHangingCalls')).toBeTruthy(), 5_000);
    expect(limitMs).toBe(60_000);
    const ring: () => void = due ?? (() => undefined);
    ring();
    expect(await asked).toMatchObject({ problem: { code: 'prompt-timeout' } });
    expect(await polkit.mock('Cancelled')).toHaveLength(1);
  });

  test('polkit is asked about our own connection, with no details', async () => {
    await provider(polkit.busAddress).prove(request());
    const asked = (flags: number) => `system-bus-name [dbus.String('name')] ${UNLOCK_ACTION} 0 ${flags}`;
    expect(await polkit.mock('Asked')).toEqual([asked(0), asked(1)]);
  });

  test.skipIf(!isRoot)('a name that belongs to another user is not polkit (needs root)', async () => {
    const impostor = await startMockPolkit(folder, 65_534);
    await impostor.mock('SetAllowed', 'as', [UNLOCK_ACTION]);
    expect(await provider(impostor.busAddress).obstacle()).toBe('no-service');
    expect(await provider(impostor.busAddress).prove(request())).toEqual({ outcome: 'unavailable' });
    await impostor.stop();
  });
});
