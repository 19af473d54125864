import { EventEmitter } from 'node:events';
import type { HostRequest, HostResponse } from '../contract.ts';
import { appEvents } from './app-events.ts';
import { HostProtocol } from './protocol.ts';

type BeforeRequest = (
  details: Electron.OnBeforeRequestListenerDetails,
  callback: (response: Electron.CallbackResponse) => void,
) => void;
type Hardening = Pick<
  Electron.Session,
  | 'setPermissionRequestHandler'
  | 'setPermissionCheckHandler'
  | 'setDevicePermissionHandler'
  | 'setDisplayMediaRequestHandler'
>;

/** One session: who answers its requests. Permissions are kept for tests; the host's Chromium grants none. */
export class HostSession extends EventEmitter implements Hardening {
  readonly protocol = new HostProtocol();
  readonly permissions: Record<string, unknown> = {};
  #beforeRequest: BeforeRequest | null = null;
  readonly webRequest = {
    onBeforeRequest: (filterOrListener: unknown, listener?: BeforeRequest | null): void => {
      this.#beforeRequest = (
        typeof filterOrListener === 'function' ? filterOrListener : (listener ?? null)
      ) as BeforeRequest | null;
    },
  };

  setPermissionRequestHandler(handler: Parameters<Electron.Session['setPermissionRequestHandler']>[0]): void {
    this.permissions.request = handler;
  }
  setPermissionCheckHandler(handler: Parameters<Electron.Session['setPermissionCheckHandler']>[0]): void {
    this.permissions.check = handler;
  }
  setDevicePermissionHandler(handler: Parameters<Electron.Session['setDevicePermissionHandler']>[0]): void {
    this.permissions.device = handler;
  }
  setDisplayMediaRequestHandler(
    handler: Parameters<Electron.Session['setDisplayMediaRequestHandler']>[0],
  ): void {
    this.permissions.displayMedia = handler;
  }

  /** Asks `webRequest`, then the scheme's handler. Only a page server on this computer is left to Chromium. */
  async answer(request: HostRequest): Promise<HostResponse> {
    if (await this.#isCancelled(request)) return { kind: 'refuse' };
    const answered = await this.protocol.answer(request);
    if (answered) return answered;
    const { protocol, hostname } = new URL(request.url);
    const isLocal = ['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
    return (protocol === 'http:' || protocol === 'ws:') && isLocal ? { kind: 'pass' } : { kind: 'refuse' };
  }

  #isCancelled({ url, method, resourceType }: HostRequest): Promise<boolean> {
    const listener = this.#beforeRequest;
    if (!listener) return Promise.resolve(false);
    const details = { id: 0, url, method, resourceType, referrer: '', timestamp: Date.now(), uploadData: [] };
    return new Promise((resolve) =>
      listener(details as unknown as Electron.OnBeforeRequestListenerDetails, ({ cancel }) =>
        resolve(cancel === true),
      ),
    );
  }
}

const partitions = new Map<string, HostSession>();

function fromPartition(partition: string, _options?: Electron.FromPartitionOptions): HostSession {
  const known = partitions.get(partition);
  if (known) return known;
  const made = new HostSession();
  partitions.set(partition, made);
  appEvents.emit('session-created', made);
  return made;
}

/** `session`: one object per partition. */
export const session = {
  fromPartition,
  get defaultSession() {
    return fromPartition('');
  },
};
