import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { setLaunchAtLogin, wasOpenedAtLogin } from './login-item.ts';
import { app } from './testing/fake-electron.ts';

vi.mock('electron', () => import('./testing/fake-electron.ts'));

beforeEach(() => {
  app.loginItems.length = 0;
});

test('on Linux a start at login is a desktop entry, hidden, and an AppImage names its own file', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'postern-login-'));
  const file = path.join(folder, 'autostart/postern.desktop');
  const linux = { platform: 'linux', env: { XDG_CONFIG_HOME: folder } };
  app.isPackaged = true;
  await setLaunchAtLogin(true, linux);
  expect(readFileSync(file, 'utf8')).toContain('Exec="/fake/exe" "--hidden"\n');
  await setLaunchAtLogin(true, { ...linux, env: { ...linux.env, APPIMAGE: '/home/eva/Postern.AppImage' } });
  expect(readFileSync(file, 'utf8')).toContain('Exec="/home/eva/Postern.AppImage" "--hidden"\n');
  app.isPackaged = false;
  await setLaunchAtLogin(true, linux);
  expect(readFileSync(file, 'utf8')).toContain('Exec="/fake/exe" "/fake/app" "--hidden"\n');
  await setLaunchAtLogin(false, linux);
  expect(existsSync(file)).toBe(false);
  expect(app.loginItems).toEqual([]);
  rmSync(folder, { recursive: true });
});

test('a start at login is told by an argument, on macOS by the system', () => {
  expect(wasOpenedAtLogin('linux', ['postern', '--hidden'])).toBe(true);
  expect(wasOpenedAtLogin('win32', ['postern', 'postern://connect/x'])).toBe(false);
  expect(wasOpenedAtLogin('darwin', ['postern'])).toBe(false);
  app.wasOpenedAtLogin = true;
  expect(wasOpenedAtLogin('darwin', ['postern'])).toBe(true);
  expect(wasOpenedAtLogin('linux', ['postern'])).toBe(false);
});

test('elsewhere the system keeps the list', async () => {
  await setLaunchAtLogin(true, { platform: 'darwin', env: {} });
  await setLaunchAtLogin(false, { platform: 'win32', env: {} });
  expect(app.loginItems).toEqual([
    { openAtLogin: true, args: ['--hidden'] },
    { openAtLogin: false, args: ['--hidden'] },
  ]);
});
