import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { problem } from '../src-shared/problem.ts';
import type { ClientCore } from './core.ts';
import { createClientCore } from './create-core.ts';
import type { Snapshot } from './snapshot/snapshot.ts';
import { makeCertificate, type TestCertificate } from './testing/certificates.ts';
import { startKeyring, type TestKeyring } from './testing/keyring.ts';
import { infoReply, meReply, signedInReply } from './testing/scripted-answers.ts';
import { type ScriptedHelper, startScriptedHelper } from './testing/scripted-helper.ts';
import {
  type Reply,
  type Request,
  type ScriptedServer,
  startScriptedServer,
} from './testing/scripted-server.ts';

const PASSWORD = 'canary-password-7319';
const TOKEN = 'canary-token-5512';
const CODE = '482913';
const GATEWAY = '00000000-0000-7000-8000-0000000000aa';
const DEVICE = '00000000-0000-7000-8000-0000000000bb';
const MEMBER = '00000000-0000-7000-8000-0000000000cc';
const PSK = 'canary-preshared-key';

const folder = mkdtempSync(join(tmpdir(), 'pst-h4-core-'));
let keyring: TestKeyring;
let certificate: TestCertificate;
let server: ScriptedServer;
let helper: ScriptedHelper;
let core: ClientCore;
let profile: string;
let logLines: string[];
let snapshots: Snapshot[];
let runs = 0;
let epoch: number;
let leases: number;
/** How far the server's clock is ahead, as it says. */
let aheadMs: number;
let answerConnect: (request: Request) => Reply;

beforeAll(async () => {
  certificate = await makeCertificate(folder);
  keyring = await startKeyring(folder, 'pw');
  // libsecret reads the environment of the process.
  Object.assign(process.env, keyring.env);
});
afterAll(async () => {
  await keyring.stop();
  rmSync(folder, { recursive: true });
});

const isoIn = (ms: number) => new Date(Date.now() + ms).toISOString();
const reason = {
  code: 'administrator',
  message: 'Sign-in from a new country',
  at: '2026-11-21T12:03:00.000Z',
};

function challenge(n: number) {
  return {
    id: `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`,
    nonce: 'bm9uY2U',
    requires: ['totp'],
    unlockMethods: [],
    reason: n === 1 ? null : reason,
    expiresAt: isoIn(300_000),
  };
}

function lease(): { status: number; body: unknown } {
  leases += 1;
  const leaseId = `00000000-0000-7000-9000-${String(leases).padStart(12, '0')}`;
  const iat = Math.floor(Date.now() / 1000);
  const payload = { jti: leaseId, iat, wg: { addresses: ['10.86.0.2/32'], presharedKey: PSK } };
  const jws = `e30.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.c2ln`;
  return { status: 201, body: { leaseId, lease: jws, expiresAt: isoIn(3_600_000), epoch } };
}

const leaseId = () => `00000000-0000-7000-9000-${String(leases).padStart(12, '0')}`;
const stepUp = (n = 1): Reply => ({
  status: 401,
  body: problem('step-up-required', undefined, { challenge: challenge(n) }),
});

function reply(request: Request): Reply {
  switch (`${request.method} ${request.path}`) {
    case 'GET /.well-known/postern':
      return infoReply;
    case 'POST /client/v1/sign-in':
      return {
        status: 401,
        body: problem('mfa-required', undefined, { mfaToken: 'mt', methods: ['totp', 'backup-code'] }),
      };
    case 'POST /client/v1/sign-in/mfa':
      return signedInReply({ memberId: MEMBER, deviceId: DEVICE }, TOKEN);
    case 'GET /client/v1/me':
      return meReply(
        { memberId: MEMBER, deviceId: DEVICE },
        {
          gateways: [{ id: GATEWAY, name: 'gw1', endpoint: '192.0.2.1:51820', isOnline: true }],
          connection:
            leases === 0
              ? null
              : { leaseId: leaseId(), gatewayId: GATEWAY, startedAt: isoIn(0), expiresAt: isoIn(1) },
          stepUp: { required: true, requires: ['totp'], reason: null },
          epoch,
          serverTime: isoIn(aheadMs),
        },
      );
    case 'POST /client/v1/connections':
      return answerConnect(request);
    default:
      return { status: 204 };
  }
}

function newCore(env = keyring.env): ClientCore {
  const made = createClientCore({
    log: pino({ level: 'trace' }, { write: (line: string) => void logLines.push(line) }),
    profileFolder: profile,
    helperSocket: join(folder, 'h.sock'),
    helperOwnerUid: process.getuid?.() ?? 0,
    env,
  });
  made.subscribe((snapshot) => snapshots.push(snapshot));
  return made;
}

beforeEach(async () => {
  runs += 1;
  profile = join(folder, `profile${runs}`);
  logLines = [];
  snapshots = [];
  epoch = 1;
  leases = 0;
  aheadMs = 0;
  server = await startScriptedServer(certificate);
  server.reply = reply;
  answerConnect = ({ body }) => (body.proofs ? lease() : stepUp());
  helper = await startScriptedHelper(join(folder, 'h.sock'));
  core = newCore();
});
afterEach(async () => {
  await core.stop();
  await helper.close();
  await server.close();
});

async function signIn(): Promise<void> {
  await core.start();
  const input = {
    serverUrl: server.url,
    caFile: certificate.caFile,
    email: 'a@b.example',
    password: PASSWORD,
  };
  expect(await core.signIn(input)).toMatchObject({ value: { step: 'mfa', mfaToken: 'mt' } });
  expect(await core.signInMfa('mt', 'totp', CODE)).toEqual({ ok: true, value: { step: 'done' } });
}

async function hello(n = 1) {
  const channel = await server.channel(n);
  channel.send({ type: 'hello', epoch, seq: n - 1, serverTime: isoIn(aheadMs) });
  return channel;
}

const phase = () => core.snapshot().connection.phase;
const reaches = (wanted: string) =>
  vi.waitFor(() => expect(phase()).toBe(wanted), { timeout: 5_000, interval: 5 });

async function connected() {
  await signIn();
  const channel = await hello();
  expect(await core.connect('cli')).toEqual({ ok: true, value: undefined });
  expect(phase()).toBe('gate');
  expect(await core.submitProof([{ method: 'totp', code: '123 456' }])).toEqual({
    ok: true,
    value: undefined,
  });
  await reaches('connected');
  // The server has been told too.
  await vi.waitFor(() => expect(channel.frames.at(-1)).toMatchObject({ phase: 'connected' }), {
    interval: 5,
  });
  return channel;
}

describe('the client core', () => {
  it('holds a lease by the clock that it was given by, whatever the server said of the time before', async () => {
    aheadMs = 25 * 3_600_000;
    await signIn();
    await hello();
    await vi.waitFor(() => expect(core.snapshot().clockOffsetMs).toBeGreaterThan(aheadMs - 60_000));
    // Then somebody has set it right.
    aheadMs = 0;
    await core.connect('cli');
    expect(await core.submitProof([{ method: 'totp', code: '123 456' }])).toMatchObject({ ok: true });
    await reaches('connected');
    expect(Math.abs(core.snapshot().clockOffsetMs ?? aheadMs)).toBeLessThan(60_000);
    expect(snapshots.some(({ connection }) => connection.phase === 'disconnecting')).toBe(false);
  });

  it('spends no code while the clock of this computer would spoil the lease', async () => {
    aheadMs = 3 * 3_600_000 + 60_000;
    await signIn();
    await hello();
    await core.connect('cli');
    const spent = () =>
      server.requests.filter(({ path, body }) => path === '/client/v1/connections' && body.proofs);
    expect(await core.submitProof([{ method: 'totp', code: '123 456' }])).toMatchObject({
      problem: { code: 'clock-off', detail: expect.stringContaining("This computer's clock is 3 h behind.") },
    });
    expect(spent()).toEqual([]);
    expect(core.snapshot().connection).toMatchObject({
      phase: 'gate',
      prompt: { lastFailure: { code: 'clock-off' }, isChecking: false },
    });
    // Set right, without another word of the server: the same code is as good as before.
    aheadMs = 0;
    expect(await core.submitProof([{ method: 'totp', code: '123 456' }])).toMatchObject({ ok: true });
    expect(spent()).toHaveLength(1);
    await reaches('connected');
  });

  it('signs in, connects through the gate, is ended by the server, and comes back with the next code', async () => {
    const channel = await connected();
    expect(core.snapshot()).toMatchObject({
      account: { serverName: 'Team', deviceId: DEVICE },
      channel: 'open',
      keychain: 'ok',
      tunnel: { phase: 'up', rxBytes: 92 },
      connection: { lease: { addresses: ['10.86.0.2/32'] } },
    });
    const firstKey = server.requests.findLast(({ path }) => path === '/client/v1/connections')?.body
      .wgPublicKey;
    epoch = 2;
    channel.send({ type: 'disconnect', seq: 1, epoch, leaseId: leaseId(), reason, challenge: challenge(2) });
    await reaches('gate');
    expect(core.snapshot().connection).toMatchObject({
      prompt: { reason, challenge: { id: challenge(2).id } },
    });
    await vi.waitFor(() => expect(helper.calls.at(-1)?.method).toBe('down'));
    expect(await channel.frame('ack')).toEqual({ type: 'ack', seq: 1 });

    const sent = server.requests.length;
    expect(await core.submitProof([{ method: 'totp', code: '123456' }])).toMatchObject({
      problem: { code: 'code-already-used' },
    });
    expect(await core.submitProof([{ method: 'totp', code: '12345' }])).toMatchObject({
      problem: { code: 'invalid-code' },
    });
    expect(server.requests.slice(sent).filter(({ path }) => path === '/client/v1/connections')).toEqual([]);

    expect(await core.submitProof([{ method: 'totp', code: '654321' }])).toEqual({
      ok: true,
      value: undefined,
    });
    await reaches('connected');
    const last = server.requests.findLast(({ path }) => path === '/client/v1/connections')?.body;
    expect(last).toMatchObject({
      challengeId: challenge(2).id,
      proofs: [{ method: 'totp', code: '654321' }],
    });
    expect(last.wgPublicKey).not.toBe(firstKey);
    await vi.waitFor(() =>
      expect(channel.frames.filter(({ type }) => type === 'status').map((frame) => frame.phase)).toEqual(
        expect.arrayContaining(['connecting', 'gate', 'connected']),
      ),
    );
    expect(await core.disconnect('cli')).toEqual({ ok: true, value: undefined });
    expect(phase()).toBe('disconnected');
    await vi.waitFor(() => expect(server.requests.at(-1)?.method).toBe('DELETE'));
  });

  it('lets no secret into a log, a snapshot or a file', async () => {
    await connected();
    answerConnect = () => ({ status: 401, body: problem('invalid-code', undefined, { attemptsLeft: 3 }) });
    await core.renew('cli');
    await core.disconnect('cli');
    await core.connect('cli');
    await core.submitProof([{ method: 'totp', code: CODE }]);
    const { privateKey, lease: jws } = helper.calls.find(({ method }) => method === 'up')?.params ?? {};
    expect(privateKey).toMatch(/^[\w-]{43}$/);
    await core.stop();
    const seen = [...logLines, JSON.stringify(snapshots)];
    for (const name of readdirSync(profile)) seen.push(readFileSync(join(profile, name), 'latin1'));
    expect(seen.join('\n')).toContain('a@b.example');
    for (const secret of [PASSWORD, TOKEN, CODE, '123456', privateKey, jws, PSK])
      expect(seen.join('\n')).not.toContain(secret);
  });

  it('is at the gate in the same tick in which the frame was read', async () => {
    const channel = await connected();
    const told = channel.frames.length;
    channel.send({
      type: 'disconnect',
      seq: 1,
      epoch: 2,
      leaseId: leaseId(),
      reason,
      challenge: challenge(2),
    });
    await channel.frame('ack');
    // The ack goes out in the tick of the frame; the gate was told to everybody before it.
    expect(channel.frames.slice(told).map((frame) => frame.phase ?? frame.type)).toEqual(['gate', 'ack']);
    expect(phase()).toBe('gate');
  });

  it('picks up its session after a restart, and the channel where it was', async () => {
    const channel = await connected();
    channel.send({ type: 'lease-expiring', seq: 5, leaseId: leaseId(), expiresAt: isoIn(600_000) });
    await channel.frame('ack');
    await core.stop();
    core = newCore();
    await core.start();
    const second = await server.channel(2);
    expect(second.token).toBe(TOKEN);
    expect(await second.frame('resume')).toMatchObject({ afterSeq: 5 });
    await vi.waitFor(() =>
      expect(core.snapshot()).toMatchObject({ account: { email: 'a@b.example' }, policy: {} }),
    );
    expect(phase()).toBe('disconnected');
  });

  it('goes on by itself when its keyring, locked at the start, is opened', async () => {
    await signIn();
    await hello();
    await core.stop();
    await keyring.lock();
    core = newCore();
    await core.start();
    const who = { serverUrl: server.url, serverName: 'Team', email: 'a@b.example' };
    expect(core.snapshot()).toMatchObject({ account: null, keychain: 'locked', lockedSession: who });
    expect(await core.connect('cli')).toMatchObject({ problem: { code: 'keychain-locked' } });
    const { version } = core.snapshot();
    await wait(2_000);
    // Looking again is no news.
    expect(core.snapshot().version).toBe(version);
    await keyring.unlock();
    await vi.waitFor(
      () =>
        expect(core.snapshot()).toMatchObject({
          account: { email: 'a@b.example' },
          lockedSession: null,
          keychain: 'ok',
        }),
      { timeout: 700, interval: 5 },
    );
    expect(phase()).toBe('disconnected');
    expect(await (await server.channel(2)).token).toBe(TOKEN);
    expect(server.channels).toHaveLength(2);
  });

  it('is the same device at the next sign-in', async () => {
    await signIn();
    await core.signOut('cli');
    expect(phase()).toBe('signed-out');
    await signIn();
    const [first, second] = server.requests.filter(({ path }) => path === '/client/v1/sign-in');
    expect(first?.body.device.id).toBeUndefined();
    expect(second?.body.device).toMatchObject({ id: DEVICE, publicKey: first?.body.device.publicKey });
  });

  it('forgets the session when the server ends it', async () => {
    const channel = await connected();
    channel.send({ type: 'signed-out', seq: 1, reason: { ...reason, code: 'member-blocked' } });
    await reaches('signed-out');
    expect(core.snapshot()).toMatchObject({
      account: null,
      connection: { reason: { code: 'member-blocked' } },
    });
    await vi.waitFor(() => expect(helper.calls.at(-1)?.method).toBe('down'));
    await core.stop();
    core = newCore();
    await core.start();
    expect(core.snapshot()).toMatchObject({ account: null, keychain: 'absent' });
    expect(await core.connect('cli')).toMatchObject({ problem: { code: 'signed-out' } });
  });

  it('refuses a second client on the same profile, which can start when the first has ended', async () => {
    await core.start();
    const second = newCore();
    await second.start();
    expect(await second.connect('cli')).toMatchObject({ problem: { code: 'controller-busy' } });
    expect(second.snapshot().connection).toMatchObject({
      phase: 'disconnected',
      cause: { code: 'controller-busy' },
    });
    await core.stop();
    expect(await second.connect('cli')).toMatchObject({ problem: { code: 'signed-out' } });
    await second.stop();
  });

  it('asks for no code when the helper is missing or the gateway away', async () => {
    await signIn();
    await hello();
    answerConnect = () => ({ status: 503, body: problem('gateway-unavailable') });
    expect(await core.connect('cli')).toMatchObject({ problem: { code: 'gateway-unavailable' } });
    expect(phase()).toBe('reconnecting');
    await core.cancel('cli');
    await helper.close();
    await vi.waitFor(() => expect(core.snapshot().tunnel).toBeNull());
    const sent = server.requests.length;
    expect(await core.connect('cli')).toMatchObject({ problem: { code: 'helper-unavailable' } });
    expect(core.snapshot().connection).toMatchObject({
      phase: 'disconnected',
      cause: { code: 'helper-unavailable' },
    });
    expect(server.requests.slice(sent)).toEqual([]);
    helper = await startScriptedHelper(join(folder, 'h.sock'));
  });

  it('gives the helper the same lease again after it came back', async () => {
    await connected();
    helper.hangUp();
    await vi.waitFor(() => expect(helper.calls.filter(({ method }) => method === 'up')).toHaveLength(2), {
      timeout: 5_000,
    });
    await reaches('connected');
    const [first, second] = helper.calls.filter(({ method }) => method === 'up');
    expect(second?.params).toEqual(first?.params);
  });

  it('keeps the tunnel while the server is away, and hears of its end when it is back', async () => {
    const first = await connected();
    first.socket.close(1012);
    const second = await server.channel(2);
    expect(phase()).toBe('connected');
    epoch = 2;
    answerConnect = () => stepUp(2);
    second.send({ type: 'hello', epoch, seq: 1, serverTime: isoIn(0) });
    await reaches('gate');
    expect(core.snapshot().connection).toMatchObject({ prompt: { reason } });
  });

  it('asks the server after a wake before it shows connected', async () => {
    await connected();
    core.systemEvent('resume');
    expect(phase()).toBe('reconnecting');
    await reaches('connected');
    expect(server.channels).toHaveLength(2);
  });

  it('renews with the key pair of the running tunnel', async () => {
    const channel = await connected();
    channel.send({ type: 'lease-expiring', seq: 1, leaseId: leaseId(), expiresAt: isoIn(600_000) });
    await vi.waitFor(() =>
      expect(core.snapshot().connection).toMatchObject({ expiring: expect.any(String) }),
    );
    expect(await core.renew('cli')).toEqual({ ok: true, value: undefined });
    expect(core.snapshot().connection).toMatchObject({ phase: 'connected', renewal: { challenge: {} } });
    expect(await core.submitProof([{ method: 'totp', code: '777777' }])).toEqual({
      ok: true,
      value: undefined,
    });
    expect(core.snapshot().connection).toMatchObject({
      phase: 'connected',
      renewal: null,
      lease: { leaseId: leaseId() },
    });
    const keys = () =>
      helper.calls.flatMap(({ method, params }) => (method === 'up' ? [params.privateKey] : []));
    await vi.waitFor(() => expect(keys()).toHaveLength(2));
    expect(new Set(keys()).size).toBe(1);
  });

  it('puts a damaged settings file aside and says so', async () => {
    await core.start();
    await core.stop();
    writeFileSync(join(profile, 'settings.json'), '{"version":1,');
    core = newCore();
    await core.start();
    expect(core.snapshot().notices).toMatchObject([{ kind: 'settings-damaged' }]);
    expect(readdirSync(profile).some((name) => name.startsWith('settings.json.damaged-'))).toBe(true);
  });

  it('names the proxy of the environment when the server cannot be reached, without its password', async () => {
    const env = { ...keyring.env, HTTPS_PROXY: 'http://ada:canary-proxy@proxy.example.com:3128' };
    await core.stop();
    core = newCore(env);
    await server.close();
    const unreachable = await core.serverInfo(server.url, certificate.caFile);
    expect(JSON.stringify([unreachable, logLines])).not.toContain('canary-proxy');
    expect(unreachable).toMatchObject({
      problem: { detail: expect.stringContaining('the proxy http://proxy.example.com:3128') },
    });
    await core.stop();
    core = newCore({ ...env, NO_PROXY: '127.0.0.0/8,localhost' });
    expect(await core.serverInfo(server.url, certificate.caFile)).toMatchObject({
      problem: { detail: expect.not.stringContaining('proxy') },
    });
    server = await startScriptedServer(certificate);
  });

  it('refuses a server address that is not HTTPS, and an unreadable CA file', async () => {
    const input = { serverUrl: 'http://127.0.0.1:1', email: 'a@b.example', password: PASSWORD };
    expect(await core.signIn(input)).toMatchObject({ problem: { code: 'invalid-request' } });
    const missing = { ...input, serverUrl: server.url, caFile: join(folder, 'none.pem') };
    expect(await core.signIn(missing)).toMatchObject({ problem: { code: 'invalid-request' } });
    const { caFile: _, ...untrusting } = { ...missing };
    expect(await core.signIn(untrusting)).toMatchObject({
      problem: { code: 'server-untrusted-certificate' },
    });
    expect(server.requests).toEqual([]);
  });
});
