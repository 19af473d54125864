import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { policySchema } from '../src-shared/policy.ts';
import type { ClientCore } from './core.ts';
import { createClientCore } from './create-core.ts';
import { makeCertificate, type TestCertificate } from './testing/certificates.ts';
import { memoryKeychain } from './testing/memory-keychain.ts';
import { infoReply, meReply, signedInReply } from './testing/scripted-answers.ts';
import { helperDown, type ScriptedHelper, startScriptedHelper } from './testing/scripted-helper.ts';
import {
  type Reply,
  type Request,
  type ScriptedServer,
  startScriptedServer,
} from './testing/scripted-server.ts';

const id = (n: number) => `00000000-0000-7000-8000-0000000000${n}`;
const [NEAR, FAR, THIRD] = [id(11), id(12), id(13)];
const SOMEONE = { deviceId: id(21), memberId: id(22) };
const folder = mkdtempSync(join(tmpdir(), 'pst-gateways-'));
const socketPath = join(folder, 'h.sock');
const isoIn = (ms: number) => new Date(Date.now() + ms).toISOString();
const gateway = (gatewayId: string, change: object = {}) => ({
  id: gatewayId,
  name: gatewayId.slice(-2),
  endpoint: `192.0.2.${gatewayId.slice(-2)}:51820`,
  isOnline: true,
  ...change,
});

let certificate: TestCertificate;
let server: ScriptedServer;
let helper: ScriptedHelper;
let core: ClientCore;
let profileFolder: string;
let secrets: Map<string, string>;
let gateways: ReturnType<typeof gateway>[];
let leases: number;
let runs = 0;
/** Every question, by the last number of the address. */
let asked: string[];
let answer: (host: string) => Promise<number | null>;

beforeAll(async () => {
  certificate = await makeCertificate(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(async () => {
  runs += 1;
  leases = 0;
  asked = [];
  answer = async (host) => ({ 11: 9, 12: 70, 13: 30 })[host] ?? null;
  gateways = [gateway(FAR), gateway(NEAR)];
  profileFolder = join(folder, `profile${runs}`);
  secrets = new Map();
  server = await startScriptedServer(certificate);
  server.reply = reply;
  helper = await startScriptedHelper(socketPath);
  helper.status = { ...helperDown, version: '1', features: ['overlap'] };
  core = open();
});
afterEach(async () => {
  await core.stop();
  await helper.close();
  await server.close();
});

function open(): ClientCore {
  return createClientCore({
    ...{ log: pino({ level: 'silent' }), profileFolder, helperSocket: socketPath },
    helperOwnerUid: process.getuid?.() ?? 0,
    keychain: memoryKeychain(secrets),
    attachment: () => 'router',
    measure: (endpoint) => {
      const host = endpoint.split(':')[0]?.split('.').at(-1) ?? '';
      asked.push(host);
      return answer(host);
    },
  });
}

function reply({ method, path, body }: Request): Reply {
  switch (`${method} ${path}`) {
    case 'GET /.well-known/postern':
      return infoReply;
    case 'POST /client/v1/sign-in':
      return signedInReply(SOMEONE);
    case 'GET /client/v1/me':
      return meReply(SOMEONE, { gateways });
    case 'POST /client/v1/connections':
      return lease(body.gatewayId);
    default:
      return { status: 204 };
  }
}

function lease(gatewayId: string): Reply {
  leases += 1;
  const leaseId = `00000000-0000-7000-9000-00000000000${leases}`;
  const claims = { jti: leaseId, iat: Math.floor(Date.now() / 1000), wg: { addresses: ['10.86.0.2/32'] } };
  const token = `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;
  return { status: 201, body: { leaseId, lease: token, expiresAt: isoIn(3_600_000), epoch: 1, gatewayId } };
}

async function signIn() {
  await core.start();
  const input = { serverUrl: server.url, caFile: certificate.caFile, email: 'a@b.example', password: 'pw' };
  expect(await core.signIn(input)).toEqual({ ok: true, value: { step: 'done' } });
  const channel = await server.channel(1);
  channel.send({ type: 'hello', epoch: 1, seq: 0, serverTime: isoIn(0) });
  await soon(() => expect(core.snapshot()).toMatchObject({ channel: 'open', tunnel: { phase: 'down' } }));
  await soon(() => expect(core.snapshot().gateways).toHaveLength(gateways.length));
  return channel;
}

/** Where the requests for a connection went. */
const wanted = () =>
  server.requests.filter(({ path }) => path === '/client/v1/connections').map(({ body }) => body.gatewayId);
const soon = <T>(look: () => T | Promise<T>) => vi.waitFor(look, { timeout: 5_000, interval: 5 });
const disconnected = async () => {
  await core.disconnect('cli');
  await soon(() => expect(core.snapshot().tunnel?.phase).toBe('down'));
};

describe('without a choice of the user', () => {
  it('the nearest gateway is taken, and how near they are is told', async () => {
    await signIn();
    expect(await core.connect('cli')).toMatchObject({ ok: true });
    expect(wanted()).toEqual([NEAR]);
    expect(core.snapshot().roundTrips).toEqual({ [NEAR]: 9, [FAR]: 70 });
    await disconnected();
    await core.connect('cli');
    expect(asked.toSorted()).toEqual(['11', '12']);
  });

  it('only the good ones are asked, and one alone is not', async () => {
    gateways = [
      gateway(FAR),
      gateway(NEAR, { trouble: 'forward-drop' }),
      gateway(THIRD, { isOnline: false }),
    ];
    await signIn();
    await core.connect('cli');
    expect(wanted()).toEqual([FAR]);
    expect(asked).toEqual([]);
  });

  it('the last used is taken of those that do not answer', async () => {
    answer = async () => null;
    await signIn();
    await core.connect('cli', NEAR);
    await disconnected();
    await core.connect('cli');
    expect(wanted()).toEqual([NEAR, NEAR]);
  });

  it('a connection that is up stays where it is, and nothing is asked through it', async () => {
    await signIn();
    await core.measureGateways();
    expect(asked).toHaveLength(2);
    await core.connect('cli', FAR);
    gateways.push(gateway(THIRD));
    await core.refresh();
    await core.measureGateways();
    await core.connect('cli');
    expect(asked).toHaveLength(2);
    expect(wanted()).toEqual([FAR]);
    expect(core.snapshot().connection).toMatchObject({ phase: 'connected', gatewayId: FAR });
  });

  it.each([
    ['takes it back', () => core.cancel('cli'), []],
    ['chooses one meanwhile', () => core.connect('cli', FAR), [FAR]],
  ])('nothing is connected by itself when the user %s', async (_, act, expected) => {
    answer = () => new Promise(() => undefined);
    await signIn();
    const connecting = core.connect('cli');
    await soon(() => expect(asked).toHaveLength(2));
    await act();
    expect(await connecting).toMatchObject({ problem: { code: 'cancelled' } });
    expect(wanted()).toEqual(expected);
  });

  it('nobody waits for figures whose connection was just ended', async () => {
    answer = () => new Promise(() => undefined);
    const channel = await signIn();
    await core.connect('cli', FAR);
    const { connection } = core.snapshot();
    const reason = { code: 'user', message: 'Ended elsewhere', at: isoIn(0) };
    const leaseId = connection.phase === 'connected' ? connection.lease.leaseId : null;
    channel.send({ type: 'disconnect', seq: 1, epoch: 2, leaseId, reason });
    channel.send({ type: 'policy', seq: 2, policy: policySchema.parse({ totpPriorConnection: false }) });
    await soon(() => expect(core.snapshot().policy?.totpPriorConnection).toBe(false));
    await core.cancel('cli');
    await soon(() => expect(core.snapshot().connection).toMatchObject({ phase: 'disconnected', reason }));
    await soon(() => expect(core.snapshot().tunnel?.phase).toBe('down'));
    const before = wanted().length;
    void core.connect('cli');
    await soon(() => expect(wanted().slice(before)).toEqual([FAR]));
    expect(asked.toSorted()).toEqual(['11', '12']);
  });
});

it('a gateway that the server says does not pass packets is told at once, and when it does again', async () => {
  const channel = await signIn();
  await core.connect('cli', FAR);
  expect(core.snapshot().connection).toMatchObject({ health: 'good' });
  channel.send({ type: 'gateway', id: FAR, state: 'online', trouble: 'forward-drop' });
  await soon(() =>
    expect(core.snapshot().connection).toMatchObject({ phase: 'connected', health: 'degraded' }),
  );
  expect(core.snapshot().gateways[0]).toMatchObject({ id: FAR, trouble: 'forward-drop' });
  // A frame that says nothing of it leaves it as it is.
  channel.send({ type: 'gateway', id: FAR, state: 'online' });
  channel.send({ type: 'gateway', id: NEAR, state: 'offline' });
  await soon(() => expect(core.snapshot().gateways[1]).toMatchObject({ isOnline: false }));
  expect(core.snapshot().connection).toMatchObject({ health: 'degraded' });
  channel.send({ type: 'gateway', id: FAR, state: 'online', trouble: null });
  await soon(() => expect(core.snapshot().connection).toMatchObject({ health: 'good' }));
});

it('whose a network of both is stays as the user has said, over a restart', async () => {
  const up = helper.onCall;
  helper.onCall = (call) => {
    up(call);
    if (call.method === 'up') helper.changed({ overlaps: ['192.168.1.0/24'], overlapSide: 'local' });
  };
  // As it answers with the state that it has brought about.
  helper.refuse = ({ method, params }) => {
    if (method === 'overlap') helper.status = { ...helper.status, overlapSide: params.side };
    return null;
  };
  await signIn();
  await core.connect('cli', FAR);
  await soon(() => expect(core.snapshot().overlap).toMatchObject({ side: 'local', choice: 'open' }));
  expect(await core.chooseOverlap('team')).toEqual({ ok: true, value: undefined });
  await soon(() => expect(core.snapshot().overlap).toMatchObject({ side: 'team', choice: 'made' }));
  await core.stop();
  helper.status = { ...helper.status, overlaps: [], overlapSide: 'local' };
  core = open();
  const published: unknown[] = [];
  core.subscribe(({ overlap }) => {
    if (overlap) published.push(overlap.side);
  });
  await core.start();
  await core.connect('cli', FAR);
  await soon(() => expect(published).toContain('team'));
  expect(published).not.toContain('local');
  expect(helper.calls.filter(({ method }) => method === 'overlap').map(({ params }) => params.side)).toEqual([
    'team',
    'team',
  ]);
});
