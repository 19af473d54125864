import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as fc from 'fast-check';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { parseServerFrame, runChannel } from './channel.ts';

const text = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));

describe('frames from the server', () => {
  it('are taken as the contracts say, unknown members ignored', () => {
    expect(parseServerFrame(text({ type: 'ping', t: 1, later: true }), false)).toEqual({
      ok: true,
      frame: { type: 'ping', t: 1 },
    });
  });

  it('are refused with a reason that holds nothing of their content', () => {
    const secret = 'AAAA-secret';
    for (const [data, isBinary] of [
      [text('{'), false],
      [text({ type: 'ping', t: 1 }), true],
      [text({ type: secret, rev: 1 }), false],
      [text({ type: 'add', rev: 1, peer: { presharedKey: secret } }), false],
      [text({ type: 'remove', rev: -1, peers: [] }), false],
      [text({ type: 'sync', rev: 1.5, peers: [] }), false],
      [text('null'), false],
    ] as const) {
      const parsed = parseServerFrame(data, isBinary);
      expect(parsed.ok).toBe(false);
      expect(JSON.stringify(parsed)).not.toContain(secret);
    }
  });

  it('never throw, whatever the bytes', () => {
    void fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.json()), fc.boolean(), (data, isBinary) => {
        expect(typeof parseServerFrame(Buffer.from(data), isBinary).ok).toBe('boolean');
      }),
    );
  });
});

describe('a channel', () => {
  let server: Server;
  let sockets: WebSocketServer;
  let stop: AbortController;
  const open = (port = (server.address() as AddressInfo).port) =>
    runChannel({
      url: `ws://127.0.0.1:${port}/gateway/v1/channel`,
      token: 't',
      ca: null,
      hello: {
        type: 'hello',
        gatewayId: '0198f2d0-0000-7000-8000-000000000001',
        publicKey: 'A'.repeat(43),
        endpoint: '192.0.2.1:1',
      },
      onOrder: () => undefined,
      log: pino({ level: 'silent' }),
      signal: stop.signal,
    });

  beforeEach(async () => {
    stop = new AbortController();
    server = createServer();
    sockets = new WebSocketServer({ noServer: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    for (const client of sockets.clients) client.terminate();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const accept = (serve: (socket: WebSocket) => void) =>
    server.on('upgrade', (request, socket, head) => sockets.handleUpgrade(request, socket, head, serve));

  it('says that the server refuses the token', async () => {
    server.on('upgrade', (_request, socket) => {
      socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    });
    expect(await open()).toEqual({
      code: 1006,
      reason: 'the server does not accept this token',
      errorCode: null,
      isUnknown: true,
    });
  });

  it('ends with the error when there is no server', async () => {
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    expect(await open(port)).toMatchObject({
      code: 1006,
      reason: expect.stringContaining('ECONNREFUSED'),
      isUnknown: false,
    });
  });

  it('passes on why the server closed it', async () => {
    accept((socket) => socket.close(4002, 'replaced'));
    expect(await open()).toMatchObject({ code: 4002, reason: 'replaced' });
  });

  it('refuses a frame over the limit', async () => {
    accept((socket) => socket.send('x'.repeat(17 * 1024 * 1024)));
    expect((await open()).reason).toContain('Max payload size exceeded');
  });

  it('says goodbye when it is stopped, even to a server that does not answer', async () => {
    const codes: number[] = [];
    accept((socket) => {
      socket.on('close', (code) => codes.push(code));
      socket.once('message', () => stop.abort());
    });
    await open();
    expect(codes).toEqual([1001]);
    server.removeAllListeners('upgrade');
    stop = new AbortController();
    accept((socket) => {
      socket.pause();
      setTimeout(() => stop.abort(), 50);
    });
    expect((await open()).reason).toBe('gateway is stopping');
  });
});
