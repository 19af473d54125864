import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { problem } from '../../src-shared/problem.ts';
import type { ClientCore } from '../core.ts';
import { createClientCore } from '../create-core.ts';
import { makeCertificate, type TestCertificate } from '../testing/certificates.ts';
import { memoryKeychain } from '../testing/memory-keychain.ts';
import { infoReply, meReply, signedInReply } from '../testing/scripted-answers.ts';
import { helperDown, type ScriptedHelper, startScriptedHelper } from '../testing/scripted-helper.ts';
import { type ScriptedServer, startScriptedServer } from '../testing/scripted-server.ts';

const SOMEONE = {
  deviceId: '00000000-0000-7000-8000-0000000000bb',
  memberId: '00000000-0000-7000-8000-0000000000cc',
};
const folder = mkdtempSync(join(tmpdir(), 'pst-lease-key-'));
const socketPath = join(folder, 'h.sock');
let certificate: TestCertificate;
let server: ScriptedServer;
let helper: ScriptedHelper;
let core: ClientCore;
let runs = 0;

beforeAll(async () => {
  certificate = await makeCertificate(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(async () => {
  runs += 1;
  server = await startScriptedServer(certificate);
  server.reply = ({ method, path }) => {
    if (path === '/.well-known/postern') return infoReply;
    if (method === 'POST' && path === '/client/v1/sign-in') return signedInReply(SOMEONE);
    return path === '/client/v1/me' ? meReply(SOMEONE, {}) : { status: 204 };
  };
  helper = await startScriptedHelper(socketPath);
  helper.status = { ...helperDown, version: '1.0.0', features: ['lease-key'] };
  core = createClientCore({
    log: pino({ level: 'silent' }),
    profileFolder: join(folder, `profile${runs}`),
    helperSocket: socketPath,
    helperOwnerUid: process.getuid?.() ?? 0,
    keychain: memoryKeychain(new Map()),
  });
});
afterEach(async () => {
  await core.stop();
  await helper.close();
  await server.close();
});

async function open(n = 1, accepts: string[] | undefined = ['report', 'lease-key']) {
  if (n === 1) {
    await core.start();
    const input = {
      ...{ serverUrl: server.url, caFile: certificate.caFile },
      ...{ email: 'a@b.example', password: 'pw' },
    };
    expect(await core.signIn(input)).toEqual({ ok: true, value: { step: 'done' } });
  }
  await vi.waitFor(() => expect(core.snapshot().tunnel).not.toBeNull());
  const channel = await server.channel(n);
  channel.send({ type: 'hello', epoch: 1, seq: 0, serverTime: new Date().toISOString(), accepts });
  await vi.waitFor(() => expect(core.snapshot().channel).toBe('open'));
  return channel;
}

type Channel = Awaited<ReturnType<typeof open>>;
const told = ({ frames }: Channel) =>
  frames.filter(({ type }) => type === 'lease-key').map(({ step }) => step);
const handed = () =>
  helper.calls.filter(({ method }) => method === 'lease-key').map(({ params }) => params.statement);
const soon = <T>(look: () => T) => vi.waitFor(look, { timeout: 5_000, interval: 5 });
/** Long enough for anything that is on its way. */
const aWhile = () => new Promise((resolve) => setTimeout(resolve, 150));

test('the word goes to the helper as it came, and the server hears that it is there', async () => {
  const channel = await open();
  await soon(() => expect(told(channel)).toEqual([null]));
  channel.send({ type: 'lease-key', step: 7, statement: 'a.b.c' });
  await soon(() => expect(told(channel)).toEqual([null, 7]));
  expect(handed()).toEqual(['a.b.c']);
  expect(channel.frames.some(({ type }) => type === 'ack')).toBe(false);
});

test('what the helper refuses the server does not hear of as taken', async () => {
  helper.refuse = ({ method }) => (method === 'lease-key' ? problem('lease-key-invalid') : null);
  const channel = await open();
  channel.send({ type: 'lease-key', step: 7, statement: 'a.b.c' });
  await soon(() => expect(handed()).toEqual(['a.b.c']));
  await aWhile();
  expect(told(channel)).toEqual([null]);
  expect(core.snapshot().channel).toBe('open');
});

test('a new channel and a helper that comes back ask again', async () => {
  const channel = await open();
  await soon(() => expect(told(channel)).toEqual([null]));
  helper.hangUp();
  await soon(() => expect(told(channel)).toEqual([null, null]));
  channel.socket.close(1012);
  const second = await open(2);
  await soon(() => expect(told(second)).toEqual([null]));
});

test('nothing is asked of a server that does not know it, nor with a helper that cannot take it', async () => {
  const channel = await open(1, ['report']);
  await aWhile();
  expect(told(channel)).toEqual([]);
  helper.status = { ...helperDown, version: '0.9.0', features: ['control'] };
  helper.hangUp();
  channel.socket.close(1012);
  await soon(() => expect(core.snapshot().tunnel).toBeNull());
  const second = await open(2);
  await aWhile();
  expect(told(second)).toEqual([]);
  second.send({ type: 'lease-key', step: 7, statement: 'a.b.c' });
  await aWhile();
  expect(handed()).toEqual([]);
});
