import { createCloneCodec } from '../browser/clone-codec.ts';
import type { HostRequest, HostResponse, MainCalls, PageMessage, WindowEvent } from '../contract.ts';
import { ipcMain } from './ipc-main.ts';
import { windows } from './window-registry.ts';

const codec = createCloneCodec(null);

/** What the pages ask of main. A window that is gone answers nothing. */
export const windowCalls: Omit<MainCalls, 'evaluate'> = {
  async request(windowId: number, request: HostRequest): Promise<HostResponse> {
    const contents = windows.get(windowId)?.webContents;
    return contents ? contents.answerRequest(request) : { kind: 'refuse' };
  },
  async invoke(windowId: number, message: PageMessage) {
    const contents = windows.get(windowId)?.webContents;
    if (!contents) return { isOk: false, wire: 'the window is gone' };
    try {
      const event = contents.ipcEvent(message.frame);
      const value = await ipcMain.answerInvoke(message.channel, event, codec.decode(message.argsWire));
      return { isOk: true, wire: codec.encode(value) };
    } catch (error) {
      return { isOk: false, wire: String(error) };
    }
  },
  message(windowId: number, message: PageMessage) {
    const contents = windows.get(windowId)?.webContents;
    if (contents)
      ipcMain.receive(message.channel, contents.ipcEvent(message.frame), codec.decode(message.argsWire));
  },
  event(windowId: number, event: WindowEvent) {
    windows.get(windowId)?.onBrowserEvent(event);
  },
  'window-open': (windowId: number, url: string) =>
    windows.get(windowId)?.webContents.answerWindowOpen(url) ?? 'deny',
};
