import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { CHANNEL_PING_INTERVAL_MS } from '../../src-shared/client-channel.ts';
import {
  type FromGateway,
  fromGateway,
  type Peer,
  type ToGateway,
} from '../../src-shared/gateway-channel.ts';

type Answer = Extract<FromGateway, { type: 'done' | 'failed' }>;

/** One channel as the server's end sees it. Frames are parsed as the contracts say; a wrong one throws in the test. */
export class FakeChannel {
  readonly frames: FromGateway[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly authorization: string | undefined;
  readonly #socket: WebSocket;
  #listeners: (() => void)[] = [];

  constructor(socket: WebSocket, authorization: string | undefined) {
    this.#socket = socket;
    this.authorization = authorization;
    socket.on('message', (data) => {
      this.frames.push(fromGateway.parse(JSON.parse(data.toString())));
      for (const listener of this.#listeners) listener();
    });
    this.closed = once(socket, 'close').then(([code, reason]) => ({ code, reason: String(reason) }));
  }

  send(frame: ToGateway): void {
    this.sendRaw(JSON.stringify(frame));
  }

  sendRaw(data: string | Buffer): void {
    this.#socket.send(data);
  }

  close(code: number): void {
    this.#socket.close(code);
  }

  /** Breaks the connection without a word. */
  breakOff(): void {
    this.#socket.terminate();
  }

  /** Takes nothing more from the wire: answers nothing, like a server that hangs. */
  hang(): void {
    this.#socket.pause();
  }

  /** The first frame, past or to come, that fits. Rejects after `limitMs`. */
  async find<T extends FromGateway>(fits: (frame: FromGateway) => frame is T, limitMs = 20_000): Promise<T> {
    const timeout = Promise.withResolvers<never>();
    const timer = setTimeout(() => timeout.reject(new Error('the frame did not come')), limitMs);
    try {
      for (;;) {
        const found = this.frames.find(fits);
        if (found) return found;
        const next = new Promise<void>((resolve) => this.#listeners.push(resolve));
        await Promise.race([next, timeout.promise]);
        this.#listeners = [];
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** The gateway's answers to one rev so far. */
  answersTo(rev: number): Answer[] {
    return this.frames.filter(
      (frame): frame is Answer => (frame.type === 'done' || frame.type === 'failed') && frame.rev === rev,
    );
  }

  answer(rev: number, limitMs?: number): Promise<Answer> {
    return this.find(
      (frame): frame is Answer => (frame.type === 'done' || frame.type === 'failed') && frame.rev === rev,
      limitMs,
    );
  }

  async sync(
    rev: number,
    peers: Peer[],
    networks?: string[],
    alternatePorts?: number[],
    more: Pick<Extract<ToGateway, { type: 'sync' }>, 'addresses' | 'accepts'> = {},
  ): Promise<Answer> {
    this.send({
      ...{ type: 'sync', rev, peers, ...more },
      ...(networks === undefined ? {} : { networks }),
      ...(alternatePorts === undefined ? {} : { alternatePorts }),
    });
    return this.answer(rev);
  }

  async add(rev: number, peer: Peer): Promise<Answer> {
    this.send({ type: 'add', rev, peer });
    return this.answer(rev);
  }

  async remove(rev: number, peers: string[]): Promise<Answer> {
    this.send({ type: 'remove', rev, peers });
    return this.answer(rev);
  }
}

/** The server's end of the gateway channel for tests, on TLS: it orders what the test says and records the answers. */
export class FakeServer {
  readonly url: string;
  readonly #https: Server;
  readonly #sockets: WebSocketServer;
  #waiting: FakeChannel[] = [];
  #takers: ((channel: FakeChannel) => void)[] = [];
  #isPinging = true;

  private constructor(https: Server, host: string) {
    this.#https = https;
    const { port } = https.address() as AddressInfo;
    this.url = `https://${host}:${port}`;
    this.#sockets = new WebSocketServer({ server: https, path: '/gateway/v1/channel' });
    this.#sockets.on('connection', (socket, request) => {
      const channel = new FakeChannel(socket, request.headers.authorization);
      const ping = setInterval(() => {
        if (this.#isPinging) channel.send({ type: 'ping', t: Date.now() });
      }, CHANNEL_PING_INTERVAL_MS);
      socket.on('close', () => clearInterval(ping));
      const taker = this.#takers.shift();
      if (taker) taker(channel);
      else this.#waiting.push(channel);
    });
  }

  static async start(options: {
    host: string;
    port?: number;
    cert: string;
    key: string;
  }): Promise<FakeServer> {
    const https = createServer({ cert: options.cert, key: options.key }, (request, response) => {
      response.statusCode = request.url === '/healthz' ? 200 : 404;
      response.end();
    });
    https.listen(options.port ?? 0, options.host);
    await once(https, 'listening');
    return new FakeServer(https, options.host);
  }

  /** The next channel that is opened, or that was and has not been taken. */
  nextChannel(): Promise<FakeChannel> {
    const channel = this.#waiting.shift();
    return channel ? Promise.resolve(channel) : new Promise((resolve) => this.#takers.push(resolve));
  }

  /** From now on no pings: the gateway must notice. */
  stopPinging(): void {
    this.#isPinging = false;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#sockets.close();
    await new Promise((resolve) => this.#https.close(resolve));
  }
}
