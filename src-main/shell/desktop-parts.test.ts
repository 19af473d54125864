import type { BrowserWindow } from 'electron';
import pino from 'pino';
import { expect, test, vi } from 'vitest';
import type { SystemEvent } from '../../src-client/system/system-watch.ts';
import { coreSnapshot, states } from '../app/testing/examples.ts';
import { type TrayAction, trayView } from '../app/tray-view.ts';
import { wordsFor } from '../app/words.ts';
import { recoverFromCrashes } from './crash-recovery.ts';
import { createNotifier } from './notifications.ts';
import { watchSystem } from './power.ts';
import { FakeNotification, FakeTray, FakeWindow, powerMonitor } from './testing/fake-electron.ts';
import { createTray } from './tray.ts';

vi.mock('electron', () => import('./testing/fake-electron.ts'));

const log = pino({ level: 'silent' });
const words = wordsFor('en', 'en');
const NOW = 0;

test('the tray changes its picture with the state, its menu only when that changes, and passes on what is chosen', () => {
  const acted: TrayAction[] = [];
  const view = trayView(coreSnapshot(states.disconnected), words, NOW);
  const tray = createTray({ icons: '/icons', platform: 'linux', view, act: (action) => acted.push(action) });
  const fake = FakeTray.made[0];
  if (!fake) throw new Error('no tray');
  tray.show(view);
  expect(fake.menusSet).toBe(1);
  tray.show(trayView(coreSnapshot(states.kicked), words, NOW));
  tray.show(trayView(coreSnapshot(states.connected), words, NOW));
  expect(fake.images).toEqual([
    '/icons/tray-disconnected.png',
    '/icons/tray-attention.png',
    '/icons/tray-connected.png',
  ]);
  expect(fake.toolTip).toBe('Postern: Connected to Prague');
  for (const item of fake.menu) if (item.enabled !== false) item.click?.();
  fake.emit('click');
  expect(acted).toEqual(['open', 'disconnect', 'quit', 'open']);
});

test('a click on a notification brings the window forward', () => {
  let clicks = 0;
  const notify = createNotifier(() => {
    clicks += 1;
  });
  notify({ title: 'a', body: 'b', isUrgent: true });
  expect(FakeNotification.shown.map(({ options }) => options)).toEqual([
    { title: 'a', body: 'b', urgency: 'critical' },
  ]);
  FakeNotification.shown[0]?.emit('click');
  expect(clicks).toBe(1);
});

test('a page that crashes is reloaded three times a minute, then left alone', () => {
  const window = new FakeWindow({});
  let nowMs = 0;
  const told: string[] = [];
  // The fake has what the recovery uses.
  recoverFromCrashes(window as unknown as BrowserWindow, {
    log,
    monotonic: () => nowMs,
    onRecovered: () => told.push('recovered'),
    onGivenUp: () => told.push('given up'),
  });
  const crash = (reason = 'crashed') =>
    window.webContents.emit('render-process-gone', {}, { reason, exitCode: 11 });
  crash('clean-exit');
  expect(told).toEqual([]);
  for (let i = 0; i < 4; i += 1) crash();
  expect(told).toEqual(['recovered', 'recovered', 'recovered', 'given up']);
  expect(window.webContents.reloads).toBe(3);
  nowMs = 61_000;
  crash();
  expect(told.at(-1)).toBe('recovered');
});

test('sleep, wake and lock reach the core and end a half-finished sign-in; signals and shutdown quit', () => {
  const heard: string[] = [];
  const before = process.listeners('SIGTERM');
  const listeners = new Set<(event: SystemEvent) => void>();
  watchSystem({
    core: {
      systemEvent(event) {
        heard.push(event);
        for (const listener of listeners) listener(event);
      },
      onSystemEvent(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    signIn: { forget: () => void heard.push('forget') },
    quitting: { quitWithoutAsking: () => void heard.push('quit') },
    sleepGuard: {
      take: () => void heard.push('hold sleep'),
      release: () => void heard.push('let sleep'),
      state: '',
    },
    platform: 'darwin',
  });
  for (const event of ['lock-screen', 'user-did-resign-active', 'suspend', 'resume', 'shutdown'])
    powerMonitor.emit(event);
  expect(heard).toEqual([
    ...['lock', 'forget', 'lock', 'forget'],
    // The computer sleeps only after we have locked.
    ...['suspend', 'forget', 'let sleep'],
    ...['resume', 'hold sleep', 'quit'],
  ]);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    for (const listener of process.listeners(signal))
      if (!before.includes(listener)) process.removeListener(signal, listener);
});
