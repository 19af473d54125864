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
/** Connections at once of callers whom no guard has let in; each may cost 64 KiB. */
export const MOST_STRANGERS = 4_000;

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

/**
 * Keeps connections of strangers few. Beyond `most` of them the oldest one goes, of the network (an address, or a /64 of
 * IPv6) that has most: one that floods displaces itself, and who comes anew has a place. Whom a guard lets in is no
 * stranger any more, nor is a proxy that is trusted.
 */
export class Strangers {
  readonly #most: number;
  /** Of each network, the oldest first. */
  readonly #networks = new Map<string, Map<string, Socket>>();
  #count = 0;

  constructor(server: Server, { most, isProxy }: { most: number; isProxy: (address: string) => boolean }) {
    this.#most = most;
    server.prependListener('connection', (socket: Socket) => {
      const { remoteAddress } = socket;
      // Gone already.
      if (remoteAddress === undefined || isProxy(remoteAddress)) return;
      this.#add(networkOf(remoteAddress), nameOf(socket), socket);
    });
  }

  get count(): number {
    return this.#count;
  }

  /** The guard of a route has let in whoever sent a request over this connection, TLS or not. */
  known(socket: Socket): void {
    if (socket.remoteAddress !== undefined) this.#remove(networkOf(socket.remoteAddress), nameOf(socket));
  }

  #add(network: string, name: string, socket: Socket): void {
    const ofNetwork = this.#networks.get(network) ?? new Map<string, Socket>();
    this.#networks.set(network, ofNetwork.set(name, socket));
    this.#count += 1;
    socket.once('close', () => {
      if (this.#networks.get(network)?.get(name) === socket) this.#remove(network, name);
    });
    if (this.#count > this.#most) this.#dropOne();
  }

  #remove(network: string, name: string): void {
    const ofNetwork = this.#networks.get(network);
    if (!ofNetwork?.delete(name)) return;
    this.#count -= 1;
    if (ofNetwork.size === 0) this.#networks.delete(network);
  }

  #dropOne(): void {
    let most: [network: string, sockets: Map<string, Socket>] | null = null;
    for (const entry of this.#networks) if (entry[1].size > (most?.[1].size ?? 0)) most = entry;
    for (const [name, socket] of most?.[1] ?? []) {
      this.#remove(most?.[0] ?? '', name);
      socket.destroy();
      return;
    }
  }
}
