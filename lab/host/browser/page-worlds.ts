import type { CloneCodec, Handles } from './clone-codec.ts';

/**
 * Context isolation as in Electron: the preload runs in a world of its own, and the page gets nothing but what
 * `contextBridge` exposes, by clones and proxies. Both worlds share one MessagePort that the page cannot reach; calls
 * over it are synchronous events. These functions stand on their own: their source runs inside the page.
 */

type MakeCodec = (handles: Handles | null) => CloneCodec;

interface BridgeEnd {
  codec: CloneCodec;
  /** Called with what the other world exposes. */
  onExpose: ((key: string, value: unknown) => void) | null;
  expose(key: string, value: unknown): void;
}

/** One end of the bridge; `here` and `there` are the names of the worlds. */
export function createBridgeEnd(
  port: MessagePort,
  here: string,
  there: string,
  makeCodec: MakeCodec,
): BridgeEnd {
  const given = new Map<number, object>();
  const promises = new Map<number, PromiseWithResolvers<unknown>>();
  const returns = new Map<number, { isOk: boolean; text: string }>();
  let lastId = 0;
  const post = (message: object): void => {
    port.dispatchEvent(new CustomEvent(there, { detail: JSON.stringify(message) }));
  };
  const settle = (id: number, isOk: boolean, value: unknown): void => {
    given.delete(id);
    post({ type: 'settle', id, isOk, text: codec.encode(value) });
  };
  const callOther = (id: number, args: unknown[]): unknown => {
    lastId += 1;
    const call = lastId;
    post({ type: 'call', id, call, text: codec.encode(args) });
    const answer = returns.get(call);
    returns.delete(call);
    if (!answer) throw new Error('the other world is gone');
    const value = codec.decode(answer.text);
    if (!answer.isOk) throw value;
    return value;
  };
  const codec = makeCodec({
    give(value) {
      lastId += 1;
      const id = lastId;
      given.set(id, value);
      if (typeof value === 'function') return ['f', id];
      void Promise.resolve(value).then(
        (result) => settle(id, true, result),
        (error) => settle(id, false, error),
      );
      return ['p', id];
    },
    take(kind, id) {
      if (kind === 'f') return (...args: unknown[]) => callOther(id, args);
      const promise = Promise.withResolvers<unknown>();
      promises.set(id, promise);
      return promise.promise;
    },
  });
  const answer = (id: number, text: string): { isOk: boolean; text: string } => {
    try {
      const called = given.get(id);
      if (typeof called !== 'function') throw new Error('this function is gone');
      return { isOk: true, text: codec.encode(called(...(codec.decode(text) as unknown[]))) };
    } catch (error) {
      return { isOk: false, text: codec.encode(error instanceof Error ? error : new Error(String(error))) };
    }
  };
  const end: BridgeEnd = {
    codec,
    onExpose: null,
    expose: (key, value) => post({ type: 'expose', key, text: codec.encode(value) }),
  };
  port.addEventListener(here, (event) => {
    const message = JSON.parse(event instanceof CustomEvent ? event.detail : '{}');
    if (message.type === 'call')
      post({ type: 'return', call: message.call, ...answer(message.id, message.text) });
    if (message.type === 'return') returns.set(message.call, { isOk: message.isOk, text: message.text });
    if (message.type === 'expose') end.onExpose?.(message.key, codec.decode(message.text));
    if (message.type === 'settle') {
      const promise = promises.get(message.id);
      promises.delete(message.id);
      const value = codec.decode(message.text);
      if (message.isOk) promise?.resolve(value);
      else promise?.reject(value);
    }
  });
  return end;
}

/** In the page's own world, before any script of the page: waits for the preload's world and shows what it exposes. */
export function joinPageWorld(token: string, makeEnd: typeof createBridgeEnd, makeCodec: MakeCodec): void {
  const freeze = (value: unknown): unknown => {
    if (typeof value === 'object' && value !== null)
      for (const member of Object.values(value)) freeze(member);
    return Object.freeze(value);
  };
  const join = (event: Event): void => {
    event.stopImmediatePropagation();
    const port = event instanceof MessageEvent ? event.ports[0] : undefined;
    if (!port) return;
    const end = makeEnd(port, 'page', 'preload', makeCodec);
    end.onExpose = (key, value) =>
      Object.defineProperty(globalThis, key, { value: freeze(value), enumerable: true });
  };
  addEventListener(token, join, { once: true, capture: true });
}

type Listener = (event: object, ...args: unknown[]) => void;
type Preload = (require: (name: string) => unknown, module: object, exports: object, process: object) => void;

/** In the preload's world: `contextBridge` and `ipcRenderer` as a sandboxed preload finds them, then the preload. */
export function startPreloadWorld(
  token: string,
  names: { toHost: string; fromHost: string; platform: string },
  makeEnd: typeof createBridgeEnd,
  makeCodec: MakeCodec,
  preload: Preload,
): void {
  // An <iframe> that blocked content left behind runs no preload, as in Electron without `nodeIntegrationInSubFrames`.
  if (window !== window.top) return;
  const { port1: port } = new MessageChannel();
  const end = makeEnd(port, 'preload', 'page', makeCodec);
  dispatchEvent(new MessageEvent(token, { ports: [port] }));

  const host = globalThis as unknown as Record<string, (text: string) => void>;
  const plain = makeCodec(null);
  const calls = new Map<number, PromiseWithResolvers<unknown>>();
  const listeners = new Map<string, Set<Listener>>();
  let lastCall = 0;
  const post = (kind: string, channel: string, args: unknown[], call: number): void =>
    host[names.toHost]?.(JSON.stringify({ kind, channel, call, args: plain.encode(args) }));
  const listen = (channel: string, listener: Listener): void => {
    const known = listeners.get(channel) ?? new Set();
    listeners.set(channel, known.add(listener));
  };
  const ipcRenderer = {
    invoke(channel: string, ...args: unknown[]) {
      lastCall += 1;
      const call = Promise.withResolvers<unknown>();
      post('invoke', channel, args, lastCall);
      calls.set(lastCall, call);
      return call.promise;
    },
    send: (channel: string, ...args: unknown[]) => post('send', channel, args, 0),
    on(channel: string, listener: Listener) {
      listen(channel, listener);
      return ipcRenderer;
    },
    once(channel: string, listener: Listener) {
      const once: Listener = (event, ...args) => {
        ipcRenderer.off(channel, once);
        listener(event, ...args);
      };
      return ipcRenderer.on(channel, once);
    },
    off(channel: string, listener: Listener) {
      listeners.get(channel)?.delete(listener);
      return ipcRenderer;
    },
    removeListener: (channel: string, listener: Listener) => ipcRenderer.off(channel, listener),
    removeAllListeners(channel: string) {
      listeners.delete(channel);
      return ipcRenderer;
    },
  };
  host[names.fromHost] = (text) => {
    const message = JSON.parse(text);
    if (message.kind === 'message') {
      const args = plain.decode(message.args) as unknown[];
      for (const listener of [...(listeners.get(message.channel) ?? [])])
        listener({ sender: ipcRenderer, ports: [] }, ...args);
      return;
    }
    const call = calls.get(message.call);
    calls.delete(message.call);
    if (message.isOk) call?.resolve(plain.decode(message.wire));
    else
      call?.reject(new Error(`Error invoking remote method '${message.channel}': ${String(message.error)}`));
  };
  const contextBridge = { exposeInMainWorld: (key: string, value: unknown) => end.expose(key, value) };
  const require = (name: string): unknown => {
    if (name === 'electron') return { contextBridge, ipcRenderer };
    throw new Error(`module not found: ${name}`);
  };
  const module = { exports: {} };
  const process = { platform: names.platform, type: 'renderer', sandboxed: true, contextIsolated: true };
  preload(require, module, module.exports, process);
}
