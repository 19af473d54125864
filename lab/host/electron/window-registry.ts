import type { HostRequest, HostResponse, PageMessage, WindowEvent } from '../contract.ts';

/** A window as the pages reach it. */
export interface PageWindow {
  readonly webContents: {
    answerRequest(request: HostRequest): Promise<HostResponse>;
    ipcEvent(frame: PageMessage['frame']): object;
    answerWindowOpen(url: string): 'allow' | 'deny';
  };
  onBrowserEvent(event: WindowEvent): void;
}

/** Every window that is not destroyed, by id. Apart from the class, so that what answers the page can find it. */
export const windows = new Map<number, PageWindow>();
