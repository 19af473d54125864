import { once } from 'node:events';
import { Agent, createServer, request, type Server } from 'node:https';
import { type AddressInfo, connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { makePair, type TestPair } from '../testing/certificate-pair.ts';
import { startTestServer } from '../testing/test-server.ts';
import { Connections, serverOptions } from './connections.ts';

/** The beginning of a ClientHello of 512 bytes. */
const HALF_HELLO = Buffer.from('160301020001000001fc0303', 'hex');
const MOST = 5;
const MOST_OF_CALLER = 3;
const PROXY = '127.0.0.9';
/** Of the same kind as the real ones, and short. */
const quick = {
  headersTimeout: 300,
  requestTimeout: 600,
  handshakeTimeout: 300,
  connectionsCheckingInterval: 50,
};

/** What a test has in place of the real ones. */
let limits: Partial<typeof quick> = {};
let pair: TestPair;
let server: Server;
let kept: Connections;
let port = 0;
let bodies = 0;
const opened = new Set<Socket>();
beforeAll(() => {
  pair = makePair({ name: 'localhost', days: 1 });
});
beforeEach(async () => {
  bodies = 0;
  const options = { ...serverOptions((path) => path === '/channel'), ...limits, ...pair };
  server = createServer(options, (asked, answer) => {
    const [, caller] = asked.headers.authorization?.split(' ') ?? [];
    if (caller !== undefined) kept.known(asked.socket, caller);
    asked.on('data', () => {
      bodies += 1;
    });
    asked.on('end', () => answer.end('fine'));
  });
  const isProxy = (address: string) => address === PROXY;
  kept = new Connections(server, { strangers: MOST, few: 2, ofCaller: MOST_OF_CALLER }, isProxy);
  server.listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterEach(async () => {
  for (const socket of opened) socket.destroy();
  opened.clear();
  const ended = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await ended;
});
afterAll(() => vi.restoreAllMocks());

/** However it ends: `once` rejects where the other end resets it. */
const closed = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()));

function keep<S extends Socket>(socket: S): S {
  // An end is what these are about.
  socket.on('error', () => undefined);
  opened.add(socket);
  return socket;
}

/** TCP, from an address of the loopback network. */
async function silent(localAddress = '127.0.0.1'): Promise<Socket> {
  const socket = keep(connectTcp({ host: '127.0.0.1', port, localAddress }));
  await once(socket, 'connect');
  return socket;
}

async function secure(text: string): Promise<Socket> {
  const socket = keep(connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false }));
  await once(socket, 'secureConnect');
  socket.write(text);
  return socket;
}

function get(agent: Agent, headers: Record<string, string> = {}, localAddress = '127.0.0.1') {
  return new Promise<number | undefined>((resolve, reject) => {
    const options = { host: '127.0.0.1', port, agent, headers, localAddress, rejectUnauthorized: false };
    const asked = request(options, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(answer.statusCode));
    });
    asked.once('error', reject).end();
  });
}

const connections = () =>
  new Promise<number>((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );

test('of too many strangers the oldest goes, of the network that has most; who comes anew gets in', async () => {
  const alone = await silent('127.0.0.2');
  const first = await silent();
  const ended = closed(first);
  for (let count = 0; count < 2 * MOST; count++) {
    const socket = await silent();
    if (count % 2 === 0) socket.write(HALF_HELLO);
  }
  await ended;
  await vi.waitFor(async () => expect(await connections()).toBe(MOST));
  expect(kept.strangers).toBe(MOST);
  expect(alone.readyState).toBe('open');
  const agent = new Agent();
  expect(await get(agent, {}, '127.0.0.3')).toBe(200);
  agent.destroy();
});

test('whom a guard has let in stays however many come, and so does a trusted proxy', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const headers = { authorization: 'Bearer known' };
  expect(await get(agent, headers)).toBe(200);
  const [free] = Object.values(agent.freeSockets).flatMap((sockets) => sockets ?? []);
  expect(kept.strangers).toBe(0);
  const proxied = await silent(PROXY);
  for (let count = 0; count < 3 * MOST; count++) await silent();
  expect(await get(agent, headers)).toBe(200);
  expect(free?.destroyed).toBe(false);
  expect(proxied.readyState).toBe('open');
  agent.destroy();
});

test('where nobody has many the oldest of all goes: whoever has two keeps them as long as anybody', async () => {
  const oldest = await silent('127.0.1.1');
  const ended = closed(oldest);
  for (let count = 2; count < MOST; count++) await silent(`127.0.1.${count}`);
  const two = [await silent('127.0.0.2'), await silent('127.0.0.2')];
  await ended;
  for (let count = 0; count < MOST - 3; count++) await silent(`127.0.2.${count + 1}`);
  expect(two.map((socket) => socket.readyState)).toEqual(['open', 'open']);
});

test('a caller whom a guard lets in again and again displaces itself alone', async () => {
  const agents: Agent[] = [];
  const asked = async (caller: string) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    agents.push(agent);
    expect(await get(agent, { authorization: `Bearer ${caller}` })).toBe(200);
  };
  await asked('other');
  for (let count = 0; count < 3 * MOST_OF_CALLER; count++) await asked('many');
  await vi.waitFor(async () => expect(await connections()).toBe(1 + MOST_OF_CALLER));
  const [other] = agents;
  expect(Object.values(other?.freeSockets ?? {}).flat()).toHaveLength(1);
  expect(kept.strangers).toBe(0);
  for (const agent of agents) agent.destroy();
});

test('what is closed leaves its place', async () => {
  for (let count = 0; count < MOST; count++) (await silent()).destroy();
  const answered = new Agent();
  expect(await get(answered)).toBe(200);
  answered.destroy();
  await vi.waitFor(() => expect(kept.strangers).toBe(0));
});

describe('whoever is slow', () => {
  beforeAll(() => {
    limits = quick;
  });
  afterAll(() => {
    limits = {};
  });

  test.each([
    ['says nothing', () => silent()],
    [
      'stops in its TLS hello',
      async () => {
        const socket = await silent();
        socket.write(HALF_HELLO);
        return socket;
      },
    ],
    ['stops in its head', () => secure('GET / HTTP/1.1\r\nHost: a\r\nX-Long: ')],
    ['stops in its body', () => secure('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc')],
    [
      'asks for an upgrade and stops in its body',
      () =>
        secure(
          'POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 10\r\n\r\nabc',
        ),
    ],
    ['has a head without end', () => secure(`GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(40_000)}`)],
  ])('who %s is hung up on', async (_, open) => {
    const socket = await open();
    socket.resume();
    await closed(socket);
    await vi.waitFor(async () => expect(await connections()).toBe(0));
  });

  test('a body that comes a byte at a time has an end by the time of the whole, not of its last byte', async () => {
    const socket = await secure('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n');
    const drip = setInterval(() => socket.write('a'), 20);
    socket.resume();
    await closed(socket);
    clearInterval(drip);
    expect(bodies).toBeGreaterThan(1);
  });
});

test('an upgrade that nobody offers, and an unknown expectation, keep no disconnect from being carried out', async () => {
  const real = await startTestServer();
  const token = await real.addApiToken(['members:disconnect']);
  const { id } = await real.addMember();
  const { port: realPort } = new URL(real.url);
  for (const header of [
    'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: a',
    'Expect: x',
  ]) {
    const socket = keep(connectTcp({ host: '127.0.0.1', port: Number(realPort) }));
    socket.write(
      `POST /api/v1/member/${id}/disconnect HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\n${header}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`,
    );
    const [answer] = await once(socket, 'data');
    expect([header, String(answer).split('\r\n')[0]]).toEqual([header, 'HTTP/1.1 200 OK']);
    socket.destroy();
  }
  await real.close();
});
