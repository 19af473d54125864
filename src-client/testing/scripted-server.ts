import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type WebSocket, WebSocketServer } from 'ws';
import type { TestCertificate } from './certificates.ts';

export interface Request {
  method: string;
  path: string;
  token: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: tests assert on the shape of whatever came
  body: any;
  /** Which TLS connection it came on: 1, 2, … */
  connection: number;
}

/** `body` as a string goes out as it is. `hang`: no answer; `cut`: the connection ends instead of an answer. */
export type Reply = { status: number; body?: unknown; headers?: Record<string, string> } | 'hang' | 'cut';

/** One accepted channel, with every frame that the client sent so far. */
export interface ServerChannel {
  socket: WebSocket;
  token: string | null;
  frames: { type: string; [key: string]: unknown }[];
  send(frame: unknown): void;
  /** Resolves with the first frame of a type, sent already or later. */
  frame(type: string): Promise<{ type: string; [key: string]: unknown }>;
  closed: Promise<number>;
}

/** A real HTTPS and WebSocket server whose answers a test decides one by one. */
export interface ScriptedServer {
  url: string;
  port: number;
  requests: Request[];
  channels: ServerChannel[];
  tlsConnections(): number;
  /** The answer to each request; asked once per request. */
  reply: (request: Request) => Reply | Promise<Reply>;
  /** What an upgrade is answered with; null: accepted. */
  refuseUpgrade: Reply | null;
  /** The n-th channel (from 1), as soon as it is there. */
  channel(n: number): Promise<ServerChannel>;
  close(): Promise<void>;
}

export async function startScriptedServer(certificate: TestCertificate, port = 0): Promise<ScriptedServer> {
  const connections = new WeakMap<object, number>();
  let connectionCount = 0;
  const waiting: (() => void)[] = [];
  const server = createServer({ cert: certificate.cert, key: certificate.key });
  const sockets = new WebSocketServer({ noServer: true });
  const open = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  server.on('secureConnection', (socket) => {
    connectionCount += 1;
    connections.set(socket, connectionCount);
    socket.on('error', () => undefined);
  });
  server.on('request', (request, response) => {
    void answer(request, response);
  });
  server.on('upgrade', (request, socket, head) => {
    const refusal = scripted.refuseUpgrade;
    if (refusal !== null) {
      if (typeof refusal === 'string') return socket.destroy();
      const body = JSON.stringify(refusal.body ?? {});
      socket.end(
        `HTTP/1.1 ${refusal.status} No\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
      );
      return undefined;
    }
    sockets.handleUpgrade(request, socket, head, (opened) => accept(opened, tokenOf(request)));
    return undefined;
  });

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const raw = await text(incoming);
    const request: Request = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      token: tokenOf(incoming),
      body: raw === '' ? undefined : JSON.parse(raw),
      connection: connections.get(incoming.socket) ?? 0,
    };
    scripted.requests.push(request);
    const reply = await scripted.reply(request);
    if (reply === 'hang') return;
    if (reply === 'cut') {
      incoming.socket.destroy();
      return;
    }
    const body =
      typeof reply.body === 'string'
        ? reply.body
        : reply.body === undefined
          ? ''
          : JSON.stringify(reply.body);
    response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers });
    response.end(body);
  }

  function accept(socket: WebSocket, token: string | null): void {
    const frames: ServerChannel['frames'] = [];
    const listeners = new Set<() => void>();
    socket.on('message', (data) => {
      frames.push(JSON.parse(String(data)));
      for (const listener of [...listeners]) listener();
    });
    socket.on('error', () => undefined);
    scripted.channels.push({
      socket,
      token,
      frames,
      send: (frame) => socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame)),
      frame: (type) =>
        new Promise((resolve) => {
          const look = () => {
            const found = frames.find((frame) => frame.type === type);
            if (!found) return;
            listeners.delete(look);
            resolve(found);
          };
          listeners.add(look);
          look();
        }),
      closed: once(socket, 'close').then(([code]) => Number(code)),
    });
    for (const wake of waiting.splice(0)) wake();
  }

  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  const scripted: ScriptedServer = {
    url: `https://127.0.0.1:${address.port}`,
    port: address.port,
    requests: [],
    channels: [],
    tlsConnections: () => connectionCount,
    reply: () => ({ status: 404 }),
    refuseUpgrade: null,
    async channel(n) {
      for (;;) {
        const found = scripted.channels[n - 1];
        if (found) return found;
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
  return scripted;
}

function tokenOf(request: IncomingMessage): string | null {
  return request.headers.authorization?.replace(/^Bearer /, '') ?? null;
}
