import type { BrowserWindow } from 'electron';
import { expect, test, vi } from 'vitest';
import type { ConnectionState } from '../../src-shared/connection-state.ts';
import { prompt, states } from '../app/testing/examples.ts';
import { createSecureKeyboard, isPinAsked } from './secure-keyboard.ts';
import { app, FakeWindow } from './testing/fake-electron.ts';
import { setUpWebAuthn } from './webauthn-set-up.ts';

vi.mock('electron', () => import('./testing/fake-electron.ts'));

test('on a Mac WebAuthn needs an installed app with a team; its keys stay in this computer', () => {
  const setUp = (more: Partial<Parameters<typeof setUpWebAuthn>[0]>) => {
    app.calls.length = 0;
    const promptReason = 'unlock the VPN';
    const isReady = setUpWebAuthn({ platform: 'darwin', isPackaged: true, promptReason, ...more });
    return [isReady, ...app.calls];
  };
  expect(setUp({ teamId: 'ABCDE12345' })).toEqual([
    true,
    'configureWebAuthn {"touchID":{"keychainAccessGroup":"ABCDE12345.io.postern.desktop.webauthn","promptReason":"unlock the VPN"}}',
  ]);
  for (const more of [
    { teamId: '' },
    { teamId: 'abc' },
    { teamId: 'ABCDE12345.x' },
    { teamId: 'ABCDE12345', isPackaged: false },
  ])
    expect.soft(setUp(more), JSON.stringify(more)).toEqual([false]);
  expect(setUp({ platform: 'win32' })).toEqual([true]);
});

test('on a Mac nobody reads along while a PIN can be typed, and only then', () => {
  const challenge = { ...prompt().challenge, requires: ['unlock' as const], unlockMethods: ['pin' as const] };
  const pinGate: ConnectionState = { phase: 'gate', prompt: prompt({ challenge }) };
  const window = new FakeWindow({});
  let state: ConnectionState = states.disconnected;
  const make = (platform: string) =>
    createSecureKeyboard({
      platform,
      // The fake has what is looked at.
      window: window as unknown as BrowserWindow,
      isPinAsked: () => isPinAsked(state),
    });
  app.calls.length = 0;
  const keyboard = make('darwin');
  window.show();
  keyboard.update();
  state = pinGate;
  keyboard.update();
  keyboard.update();
  expect(app.calls).toEqual(['secure keyboard true']);
  window.isShown = false;
  window.emit('blur');
  window.isShown = true;
  window.emit('focus');
  state = states.gate;
  keyboard.update();
  expect(app.calls).toEqual([true, false, true, false].map((isOn) => `secure keyboard ${isOn}`));
  state = { ...states.connected, renewal: pinGate.prompt };
  keyboard.update();
  window.destroy();
  expect(app.calls.at(-1)).toBe('secure keyboard false');
  app.calls.length = 0;
  state = pinGate;
  make('linux').update();
  make('win32').update();
  expect(app.calls).toEqual([]);
});
