import { EventEmitter } from 'node:events';
import { createCloneCodec } from '../browser/clone-codec.ts';
import type { HostRequest, HostResponse, PageMessage } from '../contract.ts';
import { browser, tell } from './link.ts';
import type { HostSession } from './session.ts';

const codec = createCloneCodec(null);
type WindowOpenHandler = Parameters<Electron.WebContents['setWindowOpenHandler']>[0];
type Implemented = Pick<
  Electron.WebContents,
  | 'send'
  | 'reload'
  | 'loadURL'
  | 'getURL'
  | 'isCrashed'
  | 'isDestroyed'
  | 'isLoading'
  | 'setWindowOpenHandler'
  | 'setZoomFactor'
  | 'forcefullyCrashRenderer'
>;

/** A frame as main sees it; the same object for the same frame. */
export interface HostFrame {
  url: string;
  readonly top: HostFrame | null;
}

/** `webContents` of one window. */
export class HostWebContents extends EventEmitter implements Implemented {
  readonly id: number;
  readonly session: HostSession;
  readonly mainFrame: HostFrame = { url: '', top: null };
  readonly #subFrames = new Map<string, HostFrame>();
  #openHandler: WindowOpenHandler = () => ({ action: 'allow' });
  #isCrashed = false;
  #isDestroyed = false;
  #isLoading = false;

  constructor(id: number, session: HostSession) {
    super();
    this.id = id;
    this.session = session;
  }

  send(channel: string, ...args: unknown[]): void {
    tell('window.send', this.id, channel, codec.encode(args));
  }
  /** Rejects like Electron when the page does not load. */
  async loadURL(url: string): Promise<void> {
    this.#isLoading = true;
    this.mainFrame.url = url;
    try {
      await browser.call('window.load', this.id, url);
    } catch (error) {
      this.emit('did-fail-load', {}, -2, String(error), url, true);
      throw error;
    } finally {
      this.#isLoading = false;
    }
  }
  reload(): void {
    this.#isCrashed = false;
    tell('window.reload', this.id);
  }
  getURL(): string {
    return this.mainFrame.url;
  }
  isCrashed(): boolean {
    return this.#isCrashed;
  }
  isDestroyed(): boolean {
    return this.#isDestroyed;
  }
  isLoading(): boolean {
    return this.#isLoading;
  }
  setZoomFactor(factor: number): void {
    tell('window.zoom', this.id, factor);
  }
  forcefullyCrashRenderer(): void {
    tell('window.crash', this.id);
  }
  setWindowOpenHandler(handler: WindowOpenHandler): void {
    this.#openHandler = handler;
  }

  /** The event of a message from a page: `senderFrame` is `mainFrame` itself, or another object for another frame. */
  ipcEvent({ id, url, isMain }: PageMessage['frame']): object {
    const frame = isMain ? this.mainFrame : (this.#subFrames.get(id) ?? { url, top: this.mainFrame });
    frame.url = url;
    if (!isMain) this.#subFrames.set(id, frame);
    return { sender: this, senderFrame: frame, frameId: isMain ? 0 : 1, processId: 1, ports: [] };
  }

  async answerRequest(request: HostRequest): Promise<HostResponse> {
    if (request.isOwnNavigation && this.#isNavigationPrevented(request)) return { kind: 'stay' };
    const answer = await this.session.answer(request);
    if (request.resourceType === 'mainFrame' && answer.kind === 'answer') this.mainFrame.url = request.url;
    return answer;
  }
  #isNavigationPrevented({ url, resourceType }: HostRequest): boolean {
    let isPrevented = false;
    const isMainFrame = resourceType === 'mainFrame';
    const details = {
      url,
      isMainFrame,
      isSameDocument: false,
      preventDefault: () => {
        isPrevented = true;
      },
    };
    this.emit('will-frame-navigate', details);
    if (isMainFrame && !isPrevented) this.emit('will-navigate', details, url, false, true);
    return isPrevented;
  }
  answerWindowOpen(url: string): 'allow' | 'deny' {
    const details = { url, frameName: '', features: '', disposition: 'foreground-tab', referrer: {} };
    return this.#openHandler(details as unknown as Electron.HandlerDetails).action;
  }
  onGone(): void {
    this.#isCrashed = true;
    this.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 5 });
  }
  onDestroyed(): void {
    this.#isDestroyed = true;
    this.emit('destroyed');
  }
}
