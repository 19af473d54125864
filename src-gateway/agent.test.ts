import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import type { HostTrouble } from '../src-shared/gateway-channel.ts';
import { runAgent } from './agent.ts';
import { systemClock } from './clock.ts';
import type { HostHealth } from './host-watch.ts';
import type { Passage } from './packet-filter.ts';
import type { ServerAccess } from './server-access.ts';
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
  let access: ServerAccess;
  let calls: string[];
  let isRefused: boolean;
  /** Says whether an agent with this token may open a channel. */
  let admit: (token: string, answerWith: (isTaken: boolean, code?: number) => void) => void;
  let agent: Promise<void>;
  let troubles: HostTrouble[];
  let change: (troubles: readonly HostTrouble[]) => void;
  const host: HostHealth = {
    look: async () => troubles,
    onChange: (listener) => {
      change = listener;
      return () => {
        change = () => undefined;
      };
    },
  };
  const passage: Passage = {
    async serve(addresses) {
      if (addresses.length > 0) calls.push(`serve ${addresses.join(' and ')}`);
    },
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
  it('comes with the token that a reload has read, from the next channel on', async () => {
    const tokenOf = async (): Promise<[string | undefined, WebSocket]> => {
      const [socket, request] = await once(sockets, 'connection');
      return [request.headers.authorization, socket];
    };
    const [before, socket] = await tokenOf();
    access.token = 'renewed';
    socket.close(1012);
    const [after] = await tokenOf();
    expect([before, after]).toEqual(['Bearer t', 'Bearer renewed']);
  });

  it('opens a channel with a new token before the old one ends, and stays with the old one if it is refused', async () => {
    const next = async (): Promise<[string | undefined, WebSocket]> => {
      const [socket, request] = await once(sockets, 'connection');
      return [request.headers.authorization, socket];
    };
    const [, first] = await next();
    access.token = 'refused';
    access.onNewToken?.();
    const [, refused] = await next();
    refused.close(1008);
    await vi.waitFor(() => expect(access.token).toBe('t'));
    access.token = 'renewed';
    access.onNewToken?.();
    const [renewed, second] = await next();
    expect(renewed).toBe('Bearer renewed');
    expect(first.readyState).toBe(first.OPEN);
    first.close(4002);
    await once(first, 'close');
    second.send(JSON.stringify({ type: 'ping', t: 1 }));
    expect(JSON.parse(String((await once(second, 'message'))[0])).type).toMatch(/hello|pong/);
    expect(sockets.clients.size).toBe(1);
  });

  it('comes with a token that was set while another one was tried', async () => {
    const next = async (): Promise<[string | undefined, WebSocket]> => {
      const [socket, request] = await once(sockets, 'connection');
      return [request.headers.authorization, socket];
    };
    const [, first] = await next();
    access.token = 'slip';
    access.onNewToken?.();
    const [, refused] = await next();
    access.token = 'right';
    access.onNewToken?.();
    const coming = next();
    refused.close(1008);
    expect((await coming)[0]).toBe('Bearer right');
    expect(first.readyState).toBe(first.OPEN);
    expect(access.token).toBe('right');
  });

  it('goes back to the token that the server took when its channel breaks while it refuses another one', async () => {
    const first = await channel();
    await answer(first);
    first.send(JSON.stringify({ type: 'sync', rev: 1, peers: [], networks: [] }));
    expect(await answer(first)).toEqual({ type: 'done', rev: 1 });
    const asked = Promise.withResolvers<() => void>();
    admit = (token, answerWith) => {
      if (token === 't') answerWith(true);
      else asked.resolve(() => answerWith(false, 401));
    };
    access.token = 'wrong';
    access.onNewToken?.();
    const refuse = await asked.promise;
    first.terminate();
    // The agent has seen it end.
    await vi.waitFor(() => expect(calls.filter((call) => call === 'open')).toHaveLength(2));
    const coming = once(sockets, 'connection');
    refuse();
    const [, request] = await coming;
    expect(request.headers.authorization).toBe('Bearer t');
    expect(access.token).toBe('t');
    // That a token is wrong says nothing of the gateway: nobody was put out.
    expect(calls).not.toContain('close');
  });

  it('is unknown where the server takes neither the new token nor the one of before', async () => {
    const first = await channel();
    await answer(first);
    first.send(JSON.stringify({ type: 'sync', rev: 1, peers: [], networks: [] }));
    expect(await answer(first)).toEqual({ type: 'done', rev: 1 });
    const tried: string[] = [];
    admit = (token, answerWith) => {
      tried.push(token);
      answerWith(false, 401);
    };
    access.token = 'wrong';
    first.terminate();
    await vi.waitFor(() => expect(calls).toContain('close'), { timeout: 10_000 });
    expect(tried.slice(0, 2)).toEqual(['wrong', 't']);
  });

  const DROP = { id: 'firewall', detail: 'Docker drops it.', remedy: null };
  const answer = async (socket: WebSocket) => JSON.parse(String((await once(socket, 'message'))[0]));

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    stop = new AbortController();
    admit = (_token, answerWith) => answerWith(true);
    sockets = new WebSocketServer({
      server,
      verifyClient: ({ req }, answerWith) =>
        admit(req.headers.authorization?.replace('Bearer ', '') ?? '', answerWith),
    });
    device = new MemoryDevice();
    calls = [];
    access = { token: 't', ca: null };
    isRefused = false;
    troubles = [];
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    agent = runAgent({
      device,
      passage,
      host,
      url,
      access,
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

  it('puts on the tunnel what the server names before it says that the way is open', async () => {
    const socket = await channel();
    await answer(socket);
    const addresses = ['10.86.0.1/22', 'fd86::1/64'];
    socket.send(JSON.stringify({ type: 'sync', rev: 1, peers: [], networks: [], addresses }));
    expect(await answer(socket)).toEqual({ type: 'done', rev: 1 });
    expect(calls.slice(0, 2)).toEqual(['serve 10.86.0.1/22 and fd86::1/64', 'allow ']);
  });

  describe('tells the server', () => {
    const peer = {
      publicKey: `${'B'.repeat(42)}A`,
      presharedKey: `${'C'.repeat(42)}A`,
      allowedIps: ['10.86.0.9/32'],
    };
    const lease = { leaseId: hello.gatewayId, expiresAt: new Date(Date.now() + 60_000).toISOString() };
    let frames: { type: string; [key: string]: unknown }[];
    let socket: WebSocket;
    const open = async () => {
      socket = await channel();
      frames = [];
      socket.on('message', (data) => frames.push(JSON.parse(String(data))));
    };
    const sync = async (rev: number, more: object) => {
      const order = { type: 'sync', rev, peers: [{ ...peer, ...lease }], networks: [], ...more };
      socket.send(JSON.stringify(order));
      await expect.poll(() => frames.some((frame) => frame.type === 'done' && frame.rev === rev)).toBe(true);
    };
    const stats = async () => {
      const before = frames.length;
      vi.advanceTimersByTime(10_000);
      await expect.poll(() => frames.slice(before).find(({ type }) => type === 'stats')).toBeDefined();
      return frames.findLast(({ type }) => type === 'stats');
    };
    const health = () => frames.filter(({ type }) => type === 'health').map((frame) => frame.troubles);

    it('what is wrong after each sync, when it changes, and then only', async () => {
      await open();
      await sync(1, { accepts: ['health'] });
      await expect.poll(health).toEqual([[]]);
      change([DROP]);
      change([DROP]);
      troubles = [DROP];
      await expect.poll(health).toEqual([[], [DROP]]);
      await sync(2, { accepts: ['health'] });
      await expect.poll(health).toEqual([[], [DROP], [DROP]]);
      change([]);
      await expect.poll(health).toEqual([[], [DROP], [DROP], []]);
    });

    it('nothing that it does not name, be it an older one or no longer the same', async () => {
      troubles = [DROP];
      await open();
      await sync(1, {});
      change([]);
      const quiet = await stats();
      expect(quiet).toMatchObject({ peers: [{ publicKey: peer.publicKey }] });
      expect(JSON.stringify(quiet)).not.toContain('handshakeAgeMs');
      await sync(2, { accepts: ['handshake-age', 'something-later'] });
      expect(await stats()).toMatchObject({ peers: [{ handshakeAgeMs: null }] });
      expect(health()).toEqual([]);
      await sync(3, { accepts: ['health'] });
      await expect.poll(health).toEqual([[DROP]]);
      await sync(4, {});
      change([]);
      expect(JSON.stringify(await stats())).not.toContain('handshakeAgeMs');
      expect(health()).toEqual([[DROP]]);
    });

    it('nothing of one channel on the next', async () => {
      await open();
      await sync(1, { accepts: ['health'] });
      await expect.poll(health).toEqual([[]]);
      socket.close();
      await open();
      await expect.poll(() => frames[0]?.type).toBe('hello');
      change([DROP]);
      await sync(1, {});
      await stats();
      expect(frames.map(({ type }) => type)).toEqual(['hello', 'done', 'stats']);
    });
  });
});
