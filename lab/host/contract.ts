/** The two ends of the host: main (the unmodified app on Node) and browser (Playwright with Chromium). */

/** A platform authenticator of Chromium's own, for pages at an https address (CDP, domain WebAuthn). */
export interface AuthenticatorOptions {
  /** Whether its user is verified: a finger that fits. */
  isVerified: boolean;
  /** False: it waits for somebody who never comes. */
  isPresent: boolean;
}

export interface WindowOptions {
  width: number;
  height: number;
  isShown: boolean;
  /** Source of the preload bundle, run in a world of its own before the page's scripts. */
  preload: string | null;
  isSandboxed: boolean;
}

export interface HostRequest {
  url: string;
  method: string;
  headers: Record<string, string>;
  resourceType: string;
  /** The page asked to leave: main may prevent it. */
  isOwnNavigation: boolean;
}

export type HostResponse =
  | { kind: 'answer'; status: number; headers: Record<string, string>; body: Uint8Array }
  /** Let Chromium fetch it: a page server of the developer on this machine. */
  | { kind: 'pass' }
  | { kind: 'refuse' }
  /** A navigation that main prevented: the page stays where it is. */
  | { kind: 'stay' };

/** `invoke` and `send` of a page; `argsWire` is text of `clone-codec.ts`. */
export interface PageMessage {
  channel: string;
  frame: { id: string; url: string; isMain: boolean };
  argsWire: string;
}

/** What main asks of the browser. */
export interface BrowserCalls {
  'window.open': (windowId: number, options: WindowOptions) => void;
  'window.load': (windowId: number, url: string) => void;
  'window.reload': (windowId: number) => void;
  'window.show': (windowId: number, isFocused: boolean) => void;
  'window.hide': (windowId: number) => void;
  'window.resize': (windowId: number, width: number, height: number) => void;
  'window.zoom': (windowId: number, factor: number) => void;
  /** Ends the page's process. */
  'window.crash': (windowId: number) => void;
  'window.close': (windowId: number) => void;
  /** `argsWire` as in `PageMessage`. */
  'window.send': (windowId: number, channel: string, argsWire: string) => void;
  'theme.set': (source: 'system' | 'light' | 'dark') => void;
  'app.ended': () => void;
}

export type WindowEvent =
  | { type: 'dom-ready' }
  | { type: 'did-finish-load'; url: string }
  | { type: 'did-fail-load'; url: string; text: string }
  | { type: 'visible'; isVisible: boolean }
  | { type: 'focused'; isFocused: boolean }
  | { type: 'gone' }
  /** The person at the screen closed it. */
  | { type: 'closed-by-user' }
  | { type: 'title'; title: string };

/** What the browser asks of main. */
export interface MainCalls {
  request: (windowId: number, request: HostRequest) => Promise<HostResponse>;
  invoke: (windowId: number, message: PageMessage) => Promise<{ isOk: boolean; wire: string }>;
  message: (windowId: number, message: PageMessage) => void;
  event: (windowId: number, event: WindowEvent) => void;
  /** Whether the page may open the window that it asked for: what `setWindowOpenHandler` says. */
  'window-open': (windowId: number, url: string) => 'allow' | 'deny';
  /** Runs a function's source with the electron module and an argument: the tests' way into main. */
  evaluate: (source: string, argument: unknown) => Promise<unknown>;
}
