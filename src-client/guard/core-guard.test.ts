import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { GuardEvent } from '../../src-shared/guard.ts';
import { policySchema } from '../../src-shared/policy.ts';
import { problem } from '../../src-shared/problem.ts';
import type { ClientCore } from '../core.ts';
import { createClientCore } from '../create-core.ts';
import { makeCertificate, type TestCertificate } from '../testing/certificates.ts';
import { closedGuard, guardingHelper, guardJws, noGuard } from '../testing/guards.ts';
import { memoryKeychain } from '../testing/memory-keychain.ts';
import { infoReply, meReply, signedInReply } from '../testing/scripted-answers.ts';
import { helperDown, type ScriptedHelper, startScriptedHelper } from '../testing/scripted-helper.ts';
import {
  type Reply,
  type Request,
  type ScriptedServer,
  startScriptedServer,
} from '../testing/scripted-server.ts';

const GATEWAY = '00000000-0000-7000-8000-0000000000aa';
const DEVICE = '00000000-0000-7000-8000-0000000000bb';
const MEMBER = '00000000-0000-7000-8000-0000000000cc';
const folder = mkdtempSync(join(tmpdir(), 'pst-guard-'));
const socketPath = join(folder, 'h.sock');
const isoIn = (ms: number) => new Date(Date.now() + ms).toISOString();
/** Of a server that knows no guards. */
const unknownRoute = { status: 404, body: problem('not-found') };

let certificate: TestCertificate;
let server: ScriptedServer;
let helper: ScriptedHelper;
let core: ClientCore;
let secrets: Map<string, string>;
let runs = 0;
/** `seq` of the guard that came last. */
let seq: number;
let answers: Record<string, Reply>;

beforeAll(async () => {
  certificate = await makeCertificate(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(async () => {
  runs += 1;
  seq = 0;
  secrets = new Map();
  answers = { 'GET /client/v1/guard': unknownRoute };
  server = await startScriptedServer(certificate);
  server.reply = reply;
  helper = await startScriptedHelper(socketPath);
  helper.status = guardingHelper();
  core = createClientCore({
    log: pino({ level: 'silent' }),
    profileFolder: join(folder, `profile${runs}`),
    helperSocket: socketPath,
    helperOwnerUid: process.getuid?.() ?? 0,
    keychain: memoryKeychain(secrets),
  });
});
afterEach(async () => {
  await core.stop();
  await helper.close();
  await server.close();
});

function reply(request: Request): Reply {
  const call = `${request.method} ${request.path}`;
  const scripted = answers[call];
  if (scripted) return scripted;
  if (call === 'GET /.well-known/postern') return infoReply;
  if (call === 'POST /client/v1/sign-in') return signedInReply({ memberId: MEMBER, deviceId: DEVICE });
  if (call === 'GET /client/v1/me')
    return meReply(
      { memberId: MEMBER, deviceId: DEVICE },
      { gateways: [{ id: GATEWAY, name: 'gw1', endpoint: '192.0.2.1:51820', isOnline: true }] },
    );
  return { status: 204 };
}

function nextGuard(): string {
  seq += 1;
  return guardJws(DEVICE, seq);
}

/** What a connect is answered with from now on. */
function leaseWith(guard: string | undefined): Reply {
  const leaseId = '00000000-0000-7000-9000-000000000001';
  const iat = Math.floor(Date.now() / 1000);
  const claims = { jti: leaseId, iat, wg: { addresses: ['10.86.0.2/32'], presharedKey: 'psk' } };
  const lease = `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;
  return { status: 201, body: { leaseId, lease, expiresAt: isoIn(3_600_000), epoch: 1, guard } };
}

async function signIn(): Promise<void> {
  await core.start();
  const input = { serverUrl: server.url, caFile: certificate.caFile, email: 'a@b.example', password: 'pw' };
  expect(await core.signIn(input)).toEqual({ ok: true, value: { step: 'done' } });
  await vi.waitFor(() => expect(core.snapshot().tunnel).not.toBeNull());
}

async function open(n = 1, lastSeq = 0) {
  const channel = await server.channel(n);
  channel.send({ type: 'hello', epoch: 1, seq: lastSeq, serverTime: isoIn(0) });
  await vi.waitFor(() => expect(core.snapshot().channel).toBe('open'));
  return channel;
}

const methods = () => helper.calls.map(({ method }) => method).filter((method) => method !== 'status');
const guards = () =>
  helper.calls.filter(({ method }) => method === 'guard').map(({ params }) => String(params.guard));
const asked = () => server.requests.filter(({ path }) => path === '/client/v1/guard').length;
const soon = <T>(look: () => T | Promise<T>) => vi.waitFor(look, { timeout: 5_000, interval: 5 });
/** Long enough for anything that is on its way. */
const aWhile = () => new Promise((resolve) => setTimeout(resolve, 150));

describe('the guard that comes with a lease', () => {
  it('is handed over right after the lease', async () => {
    await signIn();
    await open();
    const guard = nextGuard();
    answers['POST /client/v1/connections'] = leaseWith(guard);
    expect(await core.connect('cli')).toMatchObject({ ok: true });
    await soon(() => expect(methods()).toEqual(['up', 'guard']));
    expect(guards()).toEqual([guard]);
    expect(server.requests.findLast(({ method }) => method === 'POST')?.body.helper.features).toContain(
      'guard',
    );
  });

  it('is handed over though the tunnel is refused', async () => {
    await signIn();
    await open();
    helper.refuse = ({ method }) => (method === 'up' ? problem('lease-invalid') : null);
    answers['POST /client/v1/connections'] = leaseWith(nextGuard());
    expect(await core.connect('cli')).toMatchObject({ problem: { code: 'lease-invalid' } });
    await soon(() => expect(guards()).toHaveLength(1));
  });

  it('waits for a helper that goes between the answer and the handing over', async () => {
    await signIn();
    await open();
    helper.refuse = ({ method }) => {
      if (method === 'up') helper.hangUp();
      return null;
    };
    const guard = nextGuard();
    answers['POST /client/v1/connections'] = leaseWith(guard);
    void core.connect('cli');
    await soon(() => expect(methods()).toContain('up'));
    helper.refuse = () => null;
    await soon(() => expect(guards()).toEqual([guard]));
  });

  it('stays with a helper that cannot hold anything back, and the server is not asked', async () => {
    helper.status = { ...helperDown, version: '1.0.0', features: ['control'] };
    await signIn();
    await open();
    answers['POST /client/v1/connections'] = leaseWith(nextGuard());
    await core.connect('cli');
    await soon(() => expect(methods()).toContain('up'));
    await aWhile();
    expect(methods()).not.toContain('guard');
    expect(asked()).toBe(0);
    expect(core.snapshot().guard).toBeNull();
    expect(await core.chooseGuard('gate')).toMatchObject({ problem: { code: 'not-supported' } });
  });
});

describe('the guard that comes over the channel', () => {
  it('is handed over, and one that the helper knows a newer of is acknowledged too', async () => {
    await signIn();
    const channel = await open();
    const guard = nextGuard();
    channel.send({ type: 'guard', seq: 1, guard });
    await soon(() => expect(guards()).toEqual([guard]));
    helper.refuse = ({ method }) => (method === 'guard' ? problem('guard-invalid') : null);
    channel.send({ type: 'guard', seq: 2, guard });
    await soon(() => expect(channel.frames).toContainEqual({ type: 'ack', seq: 2 }));
    await soon(() => expect(guards()).toEqual([guard, guard]));
  });

  it('is kept while the helper is away, and holds nothing up: the newest is handed over', async () => {
    await signIn();
    const channel = await open();
    await helper.close();
    await soon(() => expect(core.snapshot().tunnel).toBeNull());
    expect(core.snapshot().guard).toBeNull();
    channel.send({ type: 'guard', seq: 1, guard: nextGuard() });
    const newest = nextGuard();
    channel.send({ type: 'guard', seq: 2, guard: newest });
    channel.send({ type: 'policy', seq: 3, policy: policySchema.parse({ idleSeconds: 300 }) });
    await soon(() => expect(channel.frames).toContainEqual({ type: 'ack', seq: 3 }));
    helper = await startScriptedHelper(socketPath);
    helper.status = guardingHelper();
    await soon(() => expect(guards()).toEqual([newest]));
  });

  it('is asked for again where the helper could not carry it out', async () => {
    await signIn();
    const channel = await open();
    helper.refuse = ({ method }) => (method === 'guard' ? problem('guard-failed') : null);
    const guard = nextGuard();
    channel.send({ type: 'guard', seq: 1, guard });
    await soon(() => expect(guards()).toEqual([guard]));
    helper.refuse = () => null;
    helper.hangUp();
    await soon(() => expect(guards()).toEqual([guard, guard]));
  });
});

describe('the guard that is asked for', () => {
  it('comes once for each start, whatever was lost before it', async () => {
    answers['GET /client/v1/guard'] = { status: 200, body: { guard: nextGuard() } };
    await signIn();
    await open();
    await soon(() => expect(guards()).toHaveLength(1));
    server.channels[0]?.socket.close(1012);
    await open(2);
    await aWhile();
    expect(asked()).toBe(1);
  });

  it('is asked for when the helper comes late', async () => {
    answers['GET /client/v1/guard'] = { status: 200, body: { guard: nextGuard() } };
    await signIn();
    await helper.close();
    await soon(() => expect(core.snapshot().tunnel).toBeNull());
    await open();
    expect(asked()).toBe(0);
    helper = await startScriptedHelper(socketPath);
    helper.status = guardingHelper();
    await soon(() => expect(guards()).toHaveLength(1));
  });

  it('is renewed before the one in force runs out', async () => {
    helper.status = guardingHelper(closedGuard({ until: isoIn(12 * 86_400_000) }));
    answers['GET /client/v1/guard'] = { status: 200, body: { guard: nextGuard() } };
    await signIn();
    await open();
    await soon(() => expect(asked()).toBe(1));
    server.channels[0]?.socket.close(1012);
    await open(2);
    await soon(() => expect(asked()).toBe(2));
    await soon(() => expect(guards()).toHaveLength(2));
    helper.changed({ guard: closedGuard() });
    await soon(() => expect(core.snapshot().guard).toMatchObject({ mode: 'gate', holds: 'team' }));
    server.channels[1]?.socket.close(1012);
    await open(3);
    await aWhile();
    expect(asked()).toBe(2);
  });

  it('is asked for when a portal window opens, and when the server is reached in one', async () => {
    helper.status = guardingHelper(closedGuard());
    answers['GET /client/v1/guard'] = { status: 200, body: { guard: nextGuard() } };
    await signIn();
    await open();
    await soon(() => expect(guards()).toHaveLength(1));
    helper.changed({ guard: closedGuard({ portalUntil: isoIn(300_000) }) });
    await soon(() => expect(asked()).toBe(2));
    server.channels[0]?.socket.close(1012);
    await open(2);
    await soon(() => expect(asked()).toBe(3));
  });
});

describe('the end of a session', () => {
  const last = () => ({ status: 200, body: { guard: nextGuard() } });

  it('hands the last word over before the secrets go', async () => {
    helper.status = guardingHelper(closedGuard());
    answers['POST /client/v1/sign-out'] = last();
    await signIn();
    const channel = await open();
    const kept: number[] = [];
    helper.refuse = ({ method }) => {
      if (method === 'guard') kept.push(secrets.size);
      return null;
    };
    server.reply = (request) => {
      // The server ends the channel with the session.
      if (request.path === '/client/v1/sign-out') channel.socket.close(4001);
      return reply(request);
    };
    expect(secrets.size).toBeGreaterThan(0);
    const before = secrets.size;
    expect(await core.signOut('cli')).toEqual({ ok: true, value: undefined });
    expect(kept).toEqual([before]);
    expect(secrets.size).toBe(before - 1);
    expect(core.snapshot().connection.phase).toBe('signed-out');
  });

  it('does the same where this device is removed', async () => {
    helper.status = guardingHelper(closedGuard());
    answers[`DELETE /client/v1/devices/${DEVICE}`] = last();
    await signIn();
    await open();
    const before = secrets.size;
    const kept: number[] = [];
    helper.refuse = ({ method }) => {
      if (method === 'guard') kept.push(secrets.size);
      return null;
    };
    expect(await core.removeDevice(DEVICE)).toMatchObject({ ok: true });
    expect(kept).toEqual([before]);
    expect(core.snapshot().account).toBeNull();
  });

  it('is at once where nothing is held back, and the last word follows', async () => {
    await signIn();
    await open();
    let answer: (reply: Reply) => void = () => undefined;
    server.reply = (request) =>
      request.path === '/client/v1/sign-out'
        ? new Promise<Reply>((resolve) => {
            answer = resolve;
          })
        : reply(request);
    const signedOut = core.signOut('cli');
    await soon(() => expect(core.snapshot().connection.phase).toBe('signed-out'));
    await soon(() => expect(server.requests.at(-1)?.path).toBe('/client/v1/sign-out'));
    answer(last());
    expect(await signedOut).toMatchObject({ ok: true });
    expect(guards()).toHaveLength(1);
  });

  it('finds a helper that was away a moment ago', async () => {
    await signIn();
    await open();
    server.reply = async (request) => {
      if (request.path !== '/client/v1/sign-out') return reply(request);
      // It is back a moment later, so that only whoever listens hears of it.
      const { promise: gone, resolve } = Promise.withResolvers<void>();
      const stop = core.subscribe(({ tunnel }) => tunnel === null && resolve());
      helper.hangUp();
      await gone;
      stop();
      return last();
    };
    expect(await core.signOut('cli')).toMatchObject({ ok: true });
    expect(guards()).toHaveLength(1);
  });

  it('says what stays when the server cannot be told', async () => {
    helper.status = guardingHelper(closedGuard());
    answers['POST /client/v1/sign-out'] = 'cut';
    await signIn();
    await open();
    expect(await core.signOut('cli')).toMatchObject({
      problem: { code: 'server-unreachable', detail: expect.stringContaining('stays held back') },
    });
    expect(core.snapshot().connection.phase).toBe('signed-out');
    expect(guards()).toEqual([]);
  });
});

describe('what happened on the computer', () => {
  const event = (minute: number): GuardEvent => ({
    at: `2026-11-21T12:0${minute}:00.000Z`,
    kind: 'portal-opened',
  });

  it('is told once a channel, and what is new at once', async () => {
    helper.status = { ...guardingHelper(), guardEvents: [event(1), event(2)] };
    answers['GET /client/v1/guard'] = { status: 200, body: { guard: nextGuard() } };
    await signIn();
    const first = await open();
    expect(await first.frame('guard')).toEqual({ type: 'guard', events: [event(1), event(2)] });
    helper.changed({ rxBytes: 7 });
    helper.changed({ guardEvents: [event(1), event(2), event(3)] });
    const told = (channel: typeof first) => channel.frames.filter(({ type }) => type === 'guard');
    await soon(() => expect(told(first)).toHaveLength(2));
    expect(told(first)[1]).toEqual({ type: 'guard', events: [event(3)] });
    first.socket.close(1012);
    const second = await open(2);
    expect(await second.frame('guard')).toEqual({ type: 'guard', events: [event(1), event(2), event(3)] });
    await aWhile();
    expect(told(second)).toHaveLength(1);
  });

  it('is not told to a server that gives no guards', async () => {
    helper.status = { ...guardingHelper(), guardEvents: [event(1)] };
    await signIn();
    const channel = await open();
    await soon(() => expect(asked()).toBe(1));
    await aWhile();
    expect(channel.frames.map(({ type }) => type)).not.toContain('guard');
  });
});

describe('what the user asks of the helper', () => {
  it('needs no session and no profile of its own, and is answered with the new state', async () => {
    helper.onCall = ({ method, params }) => {
      if (method === 'stricter')
        helper.changed({ guard: { ...noGuard, mode: params.mode, own: params.mode } });
    };
    expect(await core.guard()).toMatchObject({ ok: true, value: { mode: 'off' } });
    helper.status = guardingHelper({ ...noGuard, mode: 'always', own: 'always', source: 'user' });
    expect(await core.chooseGuard('always')).toMatchObject({ ok: true, value: { own: 'always' } });
    expect(core.snapshot().guard).toMatchObject({ mode: 'always' });
    helper.refuse = ({ method }) =>
      method === 'portal'
        ? problem('portal-refused')
        : method === 'release'
          ? problem('release-refused')
          : null;
    expect(await core.openPortal()).toMatchObject({ problem: { code: 'portal-refused' } });
    expect(await core.releaseGuard()).toMatchObject({ problem: { code: 'release-refused' } });
    expect(methods()).toEqual(['stricter', 'portal', 'release']);
    expect(server.requests).toEqual([]);
    await helper.close();
    await soon(() => expect(core.snapshot().guard).toBeNull());
    expect(await core.guard()).toMatchObject({ problem: { code: 'helper-unavailable' } });
  });
});
