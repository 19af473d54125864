import type { IncomingMessage, Server, ServerOptions } from 'node:http';
import type { Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { networkOf } from '../client-address.ts';

/** Clients keep one connection warm, so that the answer to the gate costs no handshake. */
const KEEP_ALIVE_MS = 330_000;
/** A request that takes longer to arrive is not one of ours. */
const REQUEST_TIMEOUT_MS = 30_000;
/** The same of what comes before it: the TLS handshake, and the head. */
const HELLO_TIMEOUT_MS = 10_000;
const CHECK_INTERVAL_MS = 2_000;
/** How many connections there may be at once. */
export interface Bounds {
  /** Of callers whom no guard has let in; each may cost 64 KiB. */
  strangers: number;
  /** A network that has no more of these is no flood by itself. */
  few: number;
  /** Of one caller whom a guard has let in: more than any client or script keeps open. */
  ofCaller: number;
}
export const BOUNDS: Bounds = { strangers: 4_000, few: 30, ofCaller: 500 };

/** How long Node waits for whoever is slow, and what it takes for the begin of a WebSocket: `isChannel` says where. */
export function serverOptions(isChannel: (path: string) => boolean): ServerOptions & TlsOptions {
  return {
    noDelay: true,
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    headersTimeout: HELLO_TIMEOUT_MS,
    handshakeTimeout: HELLO_TIMEOUT_MS,
    connectionsCheckingInterval: CHECK_INTERVAL_MS,
    // Whatever else asks for an upgrade (h2c) is an ordinary request, with its time limits and its body.
    shouldUpgradeCallback: ({ method, headers, url = '' }: IncomingMessage) =>
      method === 'GET' &&
      headers.upgrade?.toLowerCase() === 'websocket' &&
      isChannel(url.split('?')[0] ?? ''),
  };
}

/** By what the TCP connection below a TLS one is known again: both tell the other end's address and port. */
const nameOf = ({ remoteAddress, remotePort, localAddress }: Socket): string =>
  `${remoteAddress} ${remotePort} ${localAddress}`;

/** Connections by name, each in a group; in all, and in each group, the oldest first. */
class Grouped {
  readonly #all = new Map<string, { group: string; socket: Socket }>();
  readonly #groups = new Map<string, Set<string>>();

  get size(): number {
    return this.#all.size;
  }

  groupOf(name: string): string | undefined {
    return this.#all.get(name)?.group;
  }

  add(group: string, name: string, socket: Socket): void {
    this.#all.set(name, { group, socket });
    this.#groups.set(group, (this.#groups.get(group) ?? new Set()).add(name));
  }

  /** Takes one out, if it is still `socket` where one is given. */
  take(name: string, socket?: Socket): Socket | null {
    const found = this.#all.get(name);
    if (!found || (socket && found.socket !== socket)) return null;
    this.#all.delete(name);
    const ofGroup = this.#groups.get(found.group);
    ofGroup?.delete(name);
    if (ofGroup?.size === 0) this.#groups.delete(found.group);
    return found.socket;
  }

  sizeOf(group: string): number {
    return this.#groups.get(group)?.size ?? 0;
  }

  largest(): string {
    let most = '';
    for (const group of this.#groups.keys()) if (this.sizeOf(group) > this.sizeOf(most)) most = group;
    return most;
  }

  /** Ends the oldest connection, of the group where one is named. */
  endOldest(group?: string): void {
    const [name] = group === undefined ? this.#all.keys() : (this.#groups.get(group) ?? []);
    if (name !== undefined) this.take(name)?.destroy();
  }
}

/**
 * Keeps connections few. Of too many strangers the oldest one goes, of the network (an address, or a /64 of IPv6) that has
 * most: one that floods displaces itself, and who comes anew has a place. Where none has more than a few, the oldest of
 * all goes, which had most time to be served. Whom a guard lets in is no stranger any more, and with too many displaces
 * nobody but itself. A proxy that is trusted is not counted.
 */
export class Connections {
  readonly #bounds: Bounds;
  /** By network. */
  readonly #strangers = new Grouped();
  /** By caller. */
  readonly #known = new Grouped();

  constructor(server: Server, bounds: Bounds, isProxy: (address: string) => boolean) {
    this.#bounds = bounds;
    server.prependListener('connection', (socket: Socket) => {
      const { remoteAddress } = socket;
      // Gone already.
      if (remoteAddress === undefined || isProxy(remoteAddress)) return;
      this.#add(networkOf(remoteAddress), socket);
    });
  }

  /** How many are strangers'. */
  get strangers(): number {
    return this.#strangers.size;
  }

  /** The guard of a route has let in `caller` by a request over this connection, TLS or not. */
  known(socket: Socket, caller: string): void {
    const name = nameOf(socket);
    if (this.#known.groupOf(name) === caller) return;
    const below = this.#strangers.take(name) ?? this.#known.take(name);
    if (!below) return;
    this.#known.add(caller, name, below);
    if (this.#known.sizeOf(caller) > this.#bounds.ofCaller) this.#known.endOldest(caller);
  }

  #add(network: string, socket: Socket): void {
    const name = nameOf(socket);
    this.#strangers.add(network, name, socket);
    socket.once('close', () => this.#strangers.take(name, socket) ?? this.#known.take(name, socket));
    if (this.#strangers.size <= this.#bounds.strangers) return;
    const largest = this.#strangers.largest();
    this.#strangers.endOldest(this.#strangers.sizeOf(largest) > this.#bounds.few ? largest : undefined);
  }
}
