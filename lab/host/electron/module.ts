/** What `import … from 'electron'` finds in main when the app runs without Electron. */
import { app } from './app.ts';
import { appEvents } from './app-events.ts';
import { BrowserWindow } from './browser-window.ts';
import { dialog } from './dialog.ts';
import { offerElectron } from './evaluate.ts';
import { ipcMain } from './ipc-main.ts';
import { Menu, MenuItem } from './menu.ts';
import { nativeImage } from './native-image.ts';
import { Notification } from './notification.ts';
import { recorder } from './recorder.ts';
import { session } from './session.ts';
import { clipboard, nativeTheme, net, powerMonitor, shell, systemPreferences } from './system.ts';
import { Tray } from './tray.ts';

/** The scheme is the same for every session here. */
const protocol = session.defaultSession.protocol;

for (const event of [
  'session-created',
  'web-contents-created',
  'browser-window-created',
  'browser-window-focus',
  'browser-window-blur',
])
  appEvents.on(event, (...args) => app.emit(event, ...args));
appEvents.on('window-all-closed', () => app.onWindowAllClosed());

const electron = {
  app,
  BrowserWindow,
  clipboard,
  dialog,
  ipcMain,
  Menu,
  MenuItem,
  nativeImage,
  nativeTheme,
  net,
  Notification,
  powerMonitor,
  protocol,
  session,
  shell,
  systemPreferences,
  Tray,
};
offerElectron(electron);
Object.assign(globalThis, { posternRecorder: recorder });

export default electron;
export {
  app,
  BrowserWindow,
  clipboard,
  dialog,
  ipcMain,
  Menu,
  MenuItem,
  Notification,
  nativeImage,
  nativeTheme,
  net,
  powerMonitor,
  protocol,
  session,
  shell,
  systemPreferences,
  Tray,
};
