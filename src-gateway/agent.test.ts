import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { runAgent } from './agent.ts';
import { systemClock } from './clock.ts';
import type { Passage } from './packet-filter.ts';
import { MemoryDevice } from './testing/memory-device.ts';

const hello = {
  type: 'hello',
  gatewayId: '0198f2d0-0000-7000-8000-000000000001',
  publicKey: 'A'.repeat(43),
  endpoint: '192.0.2.1:51820',
} as const;

describe('the way through a gateway', () => {
  const server = createServer();
  let sockets: WebSocketServer;
  let stop: AbortController;
  let device: MemoryDevice;
  let calls: string[];
  let isRefused: boolean;
  let agent: Promise<void>;
  const passage: Passage = {
    async allow(networks) {
      if (isRefused) throw new Error('nftables refused the rules');
      calls.push(`allow ${networks ?? 'everything'}`);
    },
    async keepOpen() {
      calls.push('open');
    },
    async close() {
      calls.push('close');
    },
    async leadFrom(ports) {
      if (ports.includes(1)) throw new Error('no such rule in this kernel');
      calls.push(`lead from ${ports.join(' and ') || 'nowhere'}`);
    },
  };
  const channel = async (): Promise<WebSocket> => (await once(sockets, 'connection'))[0];
  const answer = async (socket: WebSocket) => JSON.parse(String((await once(socket, 'message'))[0]));

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    stop = new AbortController();
    sockets = new WebSocketServer({ server });
    device = new MemoryDevice();
    calls = [];
    isRefused = false;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    agent = runAgent({
      device,
      passage,
      url,
      token: 't',
      ca: null,
      hello,
      failClosedAfterSeconds: 60,
      clock: systemClock,
      random: () => 0.5,
      log: pino({ level: 'silent' }),
      signal: stop.signal,
    });
  });
  afterEach(async () => {
    vi.useRealTimers();
    stop.abort();
    await agent;
    sockets.close();
    server.close();
  });

  it('opens with a sync that was carried out, stays open while there is a channel, and no longer', async () => {
    let socket = await channel();
    await answer(socket);
    isRefused = true;
    socket.send(JSON.stringify({ type: 'sync', rev: 1, peers: [], networks: ['10.0.0.0/8'] }));
    expect(await answer(socket)).toMatchObject({ type: 'failed', error: 'nftables refused the rules' });
    vi.advanceTimersByTime(30_000);
    expect(calls).toEqual([]);

    isRefused = false;
    socket.send(JSON.stringify({ type: 'sync', rev: 2, peers: [], networks: ['10.0.0.0/8'] }));
    expect(await answer(socket)).toEqual({ type: 'done', rev: 2 });
    expect(calls).toEqual(['allow 10.0.0.0/8', 'open', 'lead from nowhere']);
    vi.advanceTimersByTime(10_000);
    expect(calls.filter((call) => call === 'open')).toHaveLength(3);

    // Once more as the channel ends, and then the kernel's time runs.
    socket.close();
    socket = await channel();
    expect(calls.filter((call) => call === 'open')).toHaveLength(4);
    vi.advanceTimersByTime(60_000);
    expect(calls.filter((call) => call === 'open')).toHaveLength(4);

    // A sync that the device is done with only after its channel has gone.
    const release = device.hold();
    await answer(socket);
    socket.send(JSON.stringify({ type: 'sync', rev: 3, peers: [] }));
    await expect.poll(() => calls.at(-3)).toBe('allow everything');
    socket.close();
    await channel();
    release();
    await expect.poll(() => device.calls.length).toBeGreaterThan(1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const before = calls.length;
    vi.advanceTimersByTime(60_000);
    expect(calls).toHaveLength(before);
  });

  it('leads from the ports that the server names, and works where this host does not allow it', async () => {
    const socket = await channel();
    await answer(socket);
    const sync = async (rev: number, alternatePorts?: number[]) => {
      socket.send(JSON.stringify({ type: 'sync', rev, peers: [], networks: [], alternatePorts }));
      expect(await answer(socket)).toEqual({ type: 'done', rev });
      return calls.at(-1);
    };
    expect(await sync(1, [443, 53])).toBe('lead from 443 and 53');
    expect(await sync(2)).toBe('lead from nowhere');
    expect(await sync(3, [1])).toBe('open');
  });
});
