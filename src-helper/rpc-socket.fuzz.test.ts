import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { SignJWT } from 'jose';
import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { generateWgKeyPair } from '../src-node/wireguard/key-pair.ts';
import { HELPER_MAX_LINE_BYTES, rpcMessage } from '../src-shared/helper-rpc.ts';
import { LEASE_AUDIENCE, LEASE_TYPE } from '../src-shared/lease.ts';
import { LineSplitter } from '../src-shared/line-splitter.ts';
import { fail, ok } from '../src-shared/problem.ts';
import { fuzz, hostileJson, hostileText, hostileValue } from '../src-shared/testing/fuzz.ts';
import { Controller } from './controller.ts';
import { DnsSettings } from './dns-settings.ts';
import { GuardKeeper } from './guard/guard-keeper.ts';
import { LeaseHistory } from './lease-history.ts';
import { leaseKeyTaker } from './lease-key-taker.ts';
import { LeaseVerifier } from './lease-verifier.ts';
import { loadLibc } from './linux/libc.ts';
import { UnixCallers } from './linux/unix-callers.ts';
import { RpcServer } from './rpc-server.ts';
import { Session } from './session.ts';
import { PortDevice } from './testing/port-device.ts';
import { TrustedServers } from './trusted-servers.ts';

const ISSUER = 'https://vpn.test';
const keys = generateWgKeyPair();
const signing = generateKeyPairSync('ed25519');
const errors: string[] = [];
const log = pino({ level: 'error' }, { write: (line: string) => void errors.push(line) });

let folder = '';
let socketPath = '';
let server: RpcServer;
let session: Session;
let guard: GuardKeeper;
let history: LeaseHistory;
let lease = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pst-rpc-'));
  socketPath = join(folder, 'helper.sock');
  const uid = process.getuid?.() ?? 0;
  const trustedServers = new TrustedServers(join(folder, 'trusted.json'), { ownerUid: uid });
  const publicKey = signing.publicKey.export({ format: 'jwk' }).x ?? '';
  expect((await trustedServers.trust({ issuer: ISSUER, publicKey })).ok).toBe(true);
  const clocks = { now: () => Date.now(), monotonicNow: () => performance.now() };
  history = await LeaseHistory.open({
    file: join(folder, 'history.json'),
    now: clocks.now,
    onWriteError: (error) => log.error({ err: error }),
  });
  guard = await GuardKeeper.open({
    file: join(folder, 'guard.json'),
    rules: {
      isAvailable: true,
      apply: async () => undefined,
      attachment: () => null,
      onStale: () => undefined,
      close: () => undefined,
    },
    verify: () => fail('guard-invalid'),
    isTrusted: () => true,
    isTunnelAlive: () => false,
    ...clocks,
    log,
  });
  session = new Session({
    open: async () => ({
      device: new PortDevice(),
      network: {
        mark: 1,
        prepare: async () => undefined,
        apply: async (_, overlapSide) => ok({ overlaps: [], overlapSide }),
        clear: async () => undefined,
      },
    }),
    dns: (onChange) =>
      new DnsSettings({ set: async () => 'resolved', unset: async () => undefined }, log, onChange),
    attachment: () => null,
    ...clocks,
    log,
  });
  const verifier = new LeaseVerifier({ trustedServers, history, ...clocks });
  const controller = new Controller({
    ...{ tunnel: session, verifier, history, guard, log },
    takeLeaseKey: leaseKeyTaker({ trustedServers, now: clocks.now }),
  });
  const callers = new UnixCallers({ socketPath, rule: { uids: [uid], gid: null }, libc: loadLibc() });
  server = new RpcServer({ callers, controller, log });
  await server.listen();
});
afterAll(async () => {
  await server.close();
  await session.close();
  await guard.close();
  await history.settled();
  rmSync(folder, { recursive: true });
});

/** A good one, for a new tunnel each time. */
async function newLease(): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const { publicKey } = keys;
  const wg = {
    ...{ clientPublicKey: publicKey, serverPublicKey: publicKey, presharedKey: publicKey, mtu: 1420 },
    ...{ endpoint: '192.0.2.2:51820', addresses: ['10.77.0.2/32'], allowedIps: ['10.77.0.0/24'] },
    ...{ dns: [], keepaliveSeconds: 25 },
  };
  const claims = { iss: ISSUER, aud: LEASE_AUDIENCE, sub: randomUUID(), jti: randomUUID(), epoch: 1, wg };
  return new SignJWT({ ...claims, iat: now, exp: now + 3600 })
    .setProtectedHeader({ alg: 'EdDSA', typ: LEASE_TYPE })
    .sign(signing.privateKey);
}

/** A client of which every line has to be one that a client can read. */
class Caller {
  readonly socket: Socket = createConnection(socketPath);
  readonly closed = once(this.socket, 'close');
  readonly #answers = new Map<unknown, (message: unknown) => void>();
  readonly #lines = new LineSplitter(4 * 1024 * 1024);

  constructor() {
    // A hang-up is one way to refuse.
    this.socket.on('error', () => undefined);
    this.socket.on('data', (chunk: Buffer) => {
      for (const line of this.#lines.push(chunk).lines) {
        const message = rpcMessage.parse(JSON.parse(line));
        if ('id' in message) this.#answers.get(message.id)?.(message);
      }
    });
  }

  askOnNewLine(): Promise<unknown> {
    this.socket.write('\n');
    return this.ask('status');
  }

  ask(method: string, params: unknown = {}): Promise<unknown> {
    const id = randomUUID();
    const answered = new Promise<unknown>((resolve) => this.#answers.set(id, resolve));
    this.socket.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    const hungUp = this.closed.then(() => 'hung up');
    return Promise.race([answered, hungUp]);
  }
}

const up = () => ({ lease, privateKey: keys.privateKey });
const methods = [
  'up',
  'down',
  'guard',
  'stricter',
  'portal',
  'refresh',
  'status',
  'release',
  'overlap',
  'epoch',
  'lease-key',
];
const request = fc.record(
  {
    jsonrpc: fc.constant('2.0'),
    id: fc.oneof(fc.nat(), hostileValue),
    method: fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...methods) }, hostileText),
    params: fc.oneof(fc.constant({}), fc.constant({ mode: 'gate' }), hostileValue, fc.constant('lease')),
  },
  { requiredKeys: ['jsonrpc'] },
);
/** What one connection sends, cut where the pieces end, and how it goes. */
const visit = fc.record({
  pieces: fc.array(
    fc.oneof(
      { weight: 5, arbitrary: hostileJson(request).map((line) => Buffer.from(`${line}\n`)) },
      fc.tuple(hostileJson(request), fc.nat(60)).map(([line, at]) => Buffer.from(line.slice(0, at))),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc
        .constantFrom(HELPER_MAX_LINE_BYTES - 1, HELPER_MAX_LINE_BYTES + 1)
        .map((size) => Buffer.alloc(size, 97)),
      fc.constant(Buffer.from('\n\r\n\n')),
    ),
    { maxLength: 6 },
  ),
  end: fc.constantFrom('half open', 'destroyed', 'left open', 'not read'),
});

const { name, run, timeoutMs } = fuzz(
  'whatever connections do, the helper answers the next, and the tunnel stays with the one that controls it',
  fc.record({ visits: fc.array(visit, { minLength: 1, maxLength: 20 }), isUp: fc.boolean() }),
  async ({ visits, isUp }) => {
    lease = await newLease();
    const owner = new Caller();
    if (isUp) expect(await owner.ask('up', up())).toMatchObject({ result: { phase: 'starting' } });
    const others = visits.map(({ pieces, end }) => {
      const caller = new Caller();
      if (end === 'not read') caller.socket.pause();
      for (const piece of pieces) caller.socket.write(piece);
      if (end === 'half open') caller.socket.end();
      if (end === 'destroyed') caller.socket.destroy();
      return caller;
    });
    // By its own connection, which holds its place whatever the others do.
    const seen = await owner.ask('status');
    expect(seen).toMatchObject({ result: { phase: isUp ? expect.stringMatching(/starting|up/) : 'down' } });
    // Whoever is still there is answered behind what it sent, or was hung up on.
    await Promise.all(
      others.filter((_, at) => visits[at]?.end === 'left open').map((caller) => caller.askOnNewLine()),
    );
    for (const { socket } of others.slice(3)) socket.destroy();
    await Promise.all(others.slice(3).map(({ closed }) => closed));
    const second = new Caller();
    if (isUp) {
      const busy = await second.ask('up', up());
      expect(busy).toMatchObject({ error: { data: { code: 'controller-busy' } } });
      expect(await owner.ask('down')).toMatchObject({ result: { phase: 'down' } });
    }
    expect(await second.ask('status')).toMatchObject({ result: { phase: 'down' } });
    for (const caller of [owner, second, ...others.slice(0, 3)]) {
      caller.socket.destroy();
      await caller.closed;
    }
    expect(errors).toEqual([]);
  },
  { tries: 30 },
);
test(name, run, timeoutMs);
