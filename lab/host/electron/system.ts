import { EventEmitter } from 'node:events';
import { tell } from './link.ts';
import { recorder } from './recorder.ts';

/** Small parts of the system, each as far as the app uses it. */

class HostNativeTheme
  extends EventEmitter
  implements Pick<Electron.NativeTheme, 'themeSource' | 'shouldUseDarkColors'>
{
  #source: 'system' | 'light' | 'dark' = 'system';

  get themeSource(): 'system' | 'light' | 'dark' {
    return this.#source;
  }
  set themeSource(source: 'system' | 'light' | 'dark') {
    this.#source = source;
    tell('theme.set', source);
    this.emit('updated', {});
  }
  get shouldUseDarkColors(): boolean {
    return this.#source === 'dark';
  }
}
export const nativeTheme = new HostNativeTheme();

class HostPowerMonitor
  extends EventEmitter
  implements Pick<Electron.PowerMonitor, 'getSystemIdleTime' | 'isOnBatteryPower'>
{
  getSystemIdleTime(): number {
    return 0;
  }
  isOnBatteryPower(): boolean {
    return false;
  }
}
export const powerMonitor = new HostPowerMonitor();

/** There is no macOS here. */
export const systemPreferences: Pick<Electron.SystemPreferences, 'canPromptTouchID' | 'promptTouchID'> = {
  canPromptTouchID: () => false,
  promptTouchID: () => Promise.reject(new Error('Touch ID is not available')),
};

export const net = {
  isOnline: (): boolean => recorder.isOnline ?? true,
  get online(): boolean {
    return net.isOnline();
  },
  fetch: globalThis.fetch,
};

let clipboardText = '';
/** Not the system's clipboard: a test must not change what a person has copied. */
export const clipboard = {
  async readText(): Promise<string> {
    return clipboardText;
  },
  async writeText(text: string): Promise<void> {
    clipboardText = text;
  },
};

export const shell: Pick<Electron.Shell, 'openExternal'> = {
  async openExternal(url) {
    recorder.openedLinks.push(url);
  },
};
