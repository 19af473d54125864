import type { BrowserWindow, Session } from 'electron';
import pino from 'pino';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { UnlockTask } from '../../src-shared/unlock-page-ipc.ts';
import { FakeSession, FakeWindow } from './testing/fake-electron.ts';
import { createUnlockWindows } from './unlock-window.ts';

vi.mock('electron', () => import('./testing/fake-electron.ts'));

const words = { title: 't', lead: 'l', cancel: 'c', language: 'en' as const };
const task: UnlockTask = { kind: 'get', nonce: 'bm9uY2U', credentialId: 'aWQ', words };
const yes = { kind: 'credential' as const, credential: { id: 'aWQ' } };
const session = new FakeSession();
const app = new FakeWindow({});

beforeEach(() => {
  FakeWindow.made.length = 0;
});

function make(parent: FakeWindow | null = app) {
  return createUnlockWindows({
    // The fakes have what the window passes on, not Electron's whole classes.
    page: {
      preload: '/app/dist/preload-unlock.cjs',
      session: session as unknown as Session,
      isPackaged: true,
    },
    parent: () => parent as unknown as BrowserWindow | null,
    isDark: () => false,
    log: pino({ level: 'silent' }),
  });
}

function opened(nth = 0): FakeWindow {
  const window = FakeWindow.made[nth];
  if (!window) throw new Error('no window was made');
  return window;
}

describe('checklist', () => {
  test('8: the unlock window has its own session and preload, stays hidden until ready, out of captures, and closing it unlocks nothing', async () => {
    const windows = make();
    const asked = windows.ask(task, new AbortController().signal);
    const window = opened();
    expect(window.options).toMatchObject({
      show: false,
      parent: app,
      webPreferences: {
        session,
        preload: '/app/dist/preload-unlock.cjs',
        sandbox: true,
        contextIsolation: true,
        devTools: false,
      },
    });
    expect(window.isProtected).toBe(true);
    expect(window.calls).toEqual(['loadURL https://unlock.postern.io/']);
    expect(window.isShown).toBe(false);
    window.emit('ready-to-show');
    expect(window.isShown).toBe(true);
    window.close();
    expect(await asked).toEqual({ kind: 'closed' });
    // What the page says after that comes too late.
    expect(windows.calls.answer(window.webContents.id, yes)).toMatchObject({ ok: false });
  });

  test('10: the page of the unlock window leads nowhere, not even to its own address', () => {
    void make().ask(task, new AbortController().signal);
    const contents = opened().webContents;
    for (const event of ['will-navigate', 'will-frame-navigate']) {
      const details = { url: 'https://unlock.postern.io/x', preventDefault: vi.fn() };
      contents.emit(event, details);
      expect(details.preventDefault).toHaveBeenCalledOnce();
    }
  });
});

test('the page gets its task once and answers once; then the window is gone', async () => {
  const windows = make();
  const asked = windows.ask(task, new AbortController().signal);
  const { id } = opened().webContents;
  expect(windows.owns(id)).toBe(true);
  // An answer before the question was read is none.
  expect(windows.calls.answer(id, yes)).toMatchObject({ ok: false });
  expect(windows.calls.task(id)).toEqual({ ok: true, value: task });
  expect(windows.calls.task(id)).toMatchObject({ ok: false });
  expect(windows.calls.answer(id, yes)).toEqual({ ok: true, value: undefined });
  expect(await asked).toEqual(yes);
  expect(opened().isGone).toBe(true);
  expect(windows.owns(id)).toBe(false);
});

test('a window answers for its own question only', async () => {
  const windows = make();
  const first = windows.ask(task, new AbortController().signal);
  const second = windows.ask(task, new AbortController().signal);
  const [a, b] = [opened(0).webContents.id, opened(1).webContents.id];
  windows.calls.task(a);
  windows.calls.task(b);
  windows.calls.answer(b, yes);
  expect(await second).toEqual(yes);
  expect(windows.owns(a)).toBe(true);
  windows.calls.answer(a, { kind: 'cancelled' });
  expect(await first).toEqual({ kind: 'cancelled' });
});

test('taken back, crashed or not loaded: each is a no, and no window stays', async () => {
  const windows = make();
  const controller = new AbortController();
  const aborted = windows.ask(task, controller.signal);
  controller.abort();
  expect(await aborted).toEqual({ kind: 'closed' });
  expect(await windows.ask(task, controller.signal)).toEqual({ kind: 'closed' });
  const crashed = windows.ask(task, new AbortController().signal);
  opened(1).webContents.emit('render-process-gone', {}, { reason: 'crashed' });
  expect(await crashed).toEqual({ kind: 'failed' });
  const load = vi.spyOn(FakeWindow.prototype, 'loadURL').mockRejectedValueOnce(new Error('ERR_FAILED'));
  expect(await windows.ask(task, new AbortController().signal)).toEqual({ kind: 'failed' });
  load.mockRestore();
  expect(FakeWindow.made).toHaveLength(3);
  expect(FakeWindow.made.every(({ isGone }) => isGone)).toBe(true);
});

test('asking whether the computer could shows nothing', async () => {
  const windows = make(null);
  const asked = windows.ask({ kind: 'probe' }, new AbortController().signal);
  const window = opened();
  expect(window.options).not.toHaveProperty('parent');
  window.emit('ready-to-show');
  expect(window.isShown).toBe(false);
  windows.calls.task(window.webContents.id);
  windows.calls.answer(window.webContents.id, { kind: 'probed', isAvailable: true });
  expect(await asked).toEqual({ kind: 'probed', isAvailable: true });
});
