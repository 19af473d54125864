import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { AppSnapshot } from '../../src-shared/app-snapshot.ts';
import { appSnapshot } from '../../src-shared/app-snapshot.ts';
import { fail, problem } from '../../src-shared/problem.ts';
import { defaultAppSettings } from './app-settings.ts';
import { assembleAppSnapshot } from './app-snapshot-assembler.ts';
import { SnapshotFeed } from './snapshot-feed.ts';
import { AT, appSnapshotExample, coreSnapshot, facts, HELD, prompt, states } from './testing/examples.ts';
import { TrafficSampler } from './traffic-sampler.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function feed() {
  const sent: number[] = [];
  const screen = { isVisible: true };
  const made = new SnapshotFeed({
    assemble: (version): AppSnapshot => ({ ...appSnapshotExample, version }),
    send: ({ version }) => sent.push(version),
    isVisible: () => screen.isVisible,
  });
  made.changed('connected');
  sent.length = 0;
  return { made, sent, screen };
}

test('many changes within a frame are one snapshot', () => {
  const { made, sent } = feed();
  for (let i = 0; i < 50; i += 1) made.changed('connected');
  expect(sent).toHaveLength(0);
  vi.advanceTimersByTime(16);
  expect(sent).toHaveLength(1);
  vi.advanceTimersByTime(1_000);
  expect(sent).toHaveLength(1);
});

test('a change of phase goes out at once, and takes along what was waiting', () => {
  const { made, sent } = feed();
  made.changed('connected');
  made.changed('gate');
  expect(sent).toHaveLength(1);
  vi.advanceTimersByTime(100);
  expect(sent).toHaveLength(1);
  expect(vi.getTimerCount()).toBe(0);
});

test('a hidden window hears of phases only, no timer runs, and it catches up when it is shown', () => {
  const { made, sent, screen } = feed();
  screen.isVisible = false;
  for (let i = 0; i < 10; i += 1) made.changed('connected');
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(1_000);
  expect(sent).toHaveLength(0);
  made.changed('gate');
  expect(sent).toHaveLength(1);
  made.changed('gate');
  screen.isVisible = true;
  made.shown();
  expect(sent).toHaveLength(2);
  made.shown();
  expect(sent).toHaveLength(2);
});

test('versions only grow', () => {
  const { made, sent } = feed();
  made.changed('gate');
  made.current();
  made.changed('connected');
  expect(sent[1]).toBeGreaterThan(sent[0] ?? 0);
});

test('traffic is measured once a second while somebody looks, as rates, for a minute at most', async () => {
  let rxBytes = 0;
  let measured = 0;
  const sampler = new TrafficSampler({
    measure: async () => {
      measured += 1;
      rxBytes += 500;
    },
    read: () => ({ phase: 'up', lastHandshakeAt: null, rxBytes, txBytes: 7 }),
    monotonic: () => performance.now(),
    onSample: () => undefined,
  });
  sampler.setRunning(true);
  sampler.setRunning(true);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(measured).toBe(4);
  expect(sampler.samples).toEqual(Array(3).fill({ rxPerSecond: 500, txPerSecond: 0 }));
  await vi.advanceTimersByTimeAsync(90_000);
  expect(sampler.samples).toHaveLength(60);
  sampler.setRunning(false);
  expect(vi.getTimerCount()).toBe(0);
  sampler.setRunning(true);
  await vi.advanceTimersByTimeAsync(0);
  expect(sampler.samples).toHaveLength(60);
});

test('a helper that hangs is asked once, and a counter that starts anew is no negative rate', async () => {
  let release: () => void = () => undefined;
  let asked = 0;
  let rxBytes = 1_000;
  const sampler = new TrafficSampler({
    measure: () => {
      asked += 1;
      return asked === 1 ? new Promise<void>((resolve) => (release = resolve)) : Promise.resolve();
    },
    read: () => ({ phase: 'up', lastHandshakeAt: null, rxBytes, txBytes: 0 }),
    monotonic: () => performance.now(),
    onSample: () => undefined,
  });
  sampler.setRunning(true);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(asked).toBe(1);
  release();
  await vi.advanceTimersByTimeAsync(0);
  rxBytes = 10;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(sampler.samples).toEqual([{ rxPerSecond: 0, txPerSecond: 0 }]);
  sampler.setRunning(false);
});

test('every state becomes a snapshot that the window accepts, without what it must not know', () => {
  const tunnel = { phase: 'down' as const, lastHandshakeAt: null, rxBytes: 0, txBytes: 0 };
  const secret = { mfaToken: 'token-token-token', challenge: { nonce: 'secret-nonce' } };
  const failure = fail('invalid-code', undefined, { attemptsLeft: 2, ...secret }).problem;
  const connections = [
    ...Object.values(states),
    { ...states.disconnected, cause: problem('tunnel-failed', undefined, secret) },
    { ...states.reconnecting, cause: problem('tunnel-failed', undefined, secret) },
    { phase: 'gate' as const, prompt: prompt({ lastFailure: failure }) },
    { ...states.connected, renewal: prompt({ lastFailure: failure }) },
    { ...states.blocked, blockingFailed: failure },
  ];
  for (const connection of connections) {
    const snapshot = assembleAppSnapshot({
      version: 1,
      app: facts,
      core: coreSnapshot(connection, {
        guard: { ...HELD, failed: problem('guard-failed', undefined, secret) },
        tunnel: { ...tunnel, guard: HELD, guardEvents: [{ at: AT, kind: 'portal-opened' }] },
      }),
      isOnline: true,
      settings: defaultAppSettings,
      activity: [],
      traffic: [],
      notices: [],
    });
    expect.soft(snapshot).toMatchObject({ guard: { failed: { code: 'guard-failed' } }, tunnel });
    expect.soft(snapshot.tunnel).toEqual(tunnel);
    expect.soft(appSnapshot.safeParse(snapshot).error, connection.phase).toBeUndefined();
    expect.soft(JSON.stringify(snapshot), connection.phase).not.toMatch(/token-token|secret-nonce/);
  }
});
