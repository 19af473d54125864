import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Session } from 'electron';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { FakeSession, FakeWindow } from './testing/fake-electron.ts';
import { createMainWindow, prefsFor, uiPrefs } from './window.ts';

vi.mock('electron', () => import('./testing/fake-electron.ts'));

const checkout = path.join(import.meta.dirname, '../..');
const sources = globSync('{src-main,src-client}/**/*.ts', { cwd: checkout })
  .filter((file) => !file.endsWith('.test.ts') && !file.includes('/testing/'))
  .map((file) => ({ file, text: readFileSync(path.join(checkout, file), 'utf8') }));

beforeEach(() => {
  FakeWindow.made.length = 0;
});

function make(isHiddenAtStart = false) {
  const visibility: boolean[] = [];
  let isQuitting = false;
  const window = createMainWindow({
    preload: '/app/dist/preload.cjs',
    // The fake has what the factory passes on, not Electron's whole class.
    session: new FakeSession() as unknown as Session,
    isPackaged: true,
    isDark: false,
    isHiddenAtStart,
    onLoadFailed: () => undefined,
  });
  window.hideOnClose(() => !isQuitting);
  window.onVisibility((isVisible) => visibility.push(isVisible));
  const fake = FakeWindow.made[0];
  if (!fake) throw new Error('no window was made');
  return {
    window,
    fake,
    visibility,
    quit: () => {
      isQuitting = true;
    },
  };
}

describe('checklist', () => {
  test('1: no Node in the page, its workers or its frames', () => {
    expect(uiPrefs).toMatchObject({
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
    });
  });

  test('2: the page is isolated and sandboxed, in the source and nowhere undone', () => {
    expect(uiPrefs).toMatchObject({ contextIsolation: true, sandbox: true });
    for (const { file, text } of sources)
      expect.soft(text, file).not.toMatch(/sandbox: ?(false|!1)|contextIsolation: ?(false|!1)/);
  });

  test('3: web security stays on and nothing experimental is', () => {
    expect(uiPrefs).toMatchObject({
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
    });
    expect(prefsFor({ isPackaged: true })).not.toHaveProperty('enableBlinkFeatures');
  });

  test('4: what a page of ours never needs is off, and nothing is set that nobody looked at', () => {
    expect(prefsFor({ isPackaged: true })).toEqual({
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      contextIsolation: true,
      sandbox: true,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      plugins: false,
      navigateOnDragDrop: false,
      enableWebSQL: false,
      enableDeprecatedPaste: false,
      spellcheck: false,
      safeDialogs: true,
      devTools: false,
    });
  });

  test('5: developer tools exist only where the app is not installed', () => {
    expect(prefsFor({ isPackaged: true }).devTools).toBe(false);
    expect(prefsFor({ isPackaged: false }).devTools).toBe(true);
  });

  test('7: one factory makes windows', () => {
    const makers = sources.filter(({ text }) =>
      /new (BrowserWindow|BaseWindow|WebContentsView)\(/.test(text),
    );
    expect(makers.map(({ file }) => file)).toEqual(['src-main/shell/window.ts']);
    expect(makers[0]?.text.match(/new BrowserWindow\(/g)).toHaveLength(1);
  });

  test('8: the app’s window and the unlock window have a session and a preload each, and show themselves when ready', () => {
    const { fake } = make();
    expect(fake.options).toMatchObject({
      show: false,
      webPreferences: { preload: '/app/dist/preload.cjs', session: expect.any(FakeSession) },
    });
    expect(fake.isShown).toBe(false);
    fake.emit('ready-to-show');
    expect(fake.isShown).toBe(true);
    expect(FakeWindow.made).toHaveLength(1);
    // The rest of this line stands beside the unlock window: unlock-window.test.ts.
  });
});

test('started at login, the window stays in the tray', () => {
  const { fake } = make(true);
  fake.emit('ready-to-show');
  expect(fake.isShown).toBe(false);
});

test('closing hides the window and keeps the app, until it quits', () => {
  const { window, fake, quit } = make();
  window.bringForward();
  const close = { isPrevented: false, preventDefault: () => undefined };
  close.preventDefault = () => {
    close.isPrevented = true;
  };
  fake.emit('close', close);
  expect(close.isPrevented).toBe(true);
  expect(fake.isShown).toBe(false);
  quit();
  close.isPrevented = false;
  fake.emit('close', close);
  expect(close.isPrevented).toBe(false);
});

test('a minimised window is no visible one, and comes back when it is brought forward', () => {
  const { window, fake, visibility } = make();
  window.bringForward();
  fake.isSmall = true;
  fake.emit('minimize');
  expect(window.isVisible()).toBe(false);
  window.bringForward();
  expect(fake.calls.slice(-4)).toEqual(['restore', 'show', 'moveTop', 'focus']);
  expect(visibility).toEqual([true, false, true]);
});

test('the end of a Windows session waits until the app has ended in order', () => {
  const { window, fake } = make();
  let ends = 0;
  window.onSessionEnd(() => {
    ends += 1;
  });
  let isHeldBack = false;
  fake.emit('query-session-end', {
    preventDefault() {
      isHeldBack = true;
    },
  });
  expect([ends, isHeldBack]).toEqual([1, true]);
  fake.emit('session-end', {});
  expect(ends).toBe(2);
});
