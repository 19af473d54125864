import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { problem } from '../../src-shared/problem.ts';
import { makeCertificate, type TestCertificate } from '../testing/certificates.ts';
import { type ScriptedServer, startScriptedServer } from '../testing/scripted-server.ts';
import { type Channel, type ChannelEvents, createChannel } from './channel.ts';
import { keepAddresses } from './kept-addresses.ts';
import { createTlsTrust, type TlsTrust } from './tls-trust.ts';

const folder = mkdtempSync(join(tmpdir(), 'pst-h4-channel-'));
let certificate: TestCertificate;
let trust: TlsTrust;
let server: ScriptedServer;
let channel: Channel;
let heard: unknown[];

beforeAll(async () => {
  certificate = await makeCertificate(folder);
  trust = createTlsTrust(certificate.ca);
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(async () => {
  server = await startScriptedServer(certificate);
  heard = [];
});
afterEach(async () => {
  channel.close();
  await server.close();
});

function open(lastSeq = 0, silenceLimitMs?: number): void {
  const events: ChannelEvents = {
    onState: (state) => heard.push(state),
    onHello: (frame) => heard.push(['hello', frame.epoch]),
    onGateway: ({ state }) => heard.push(['gateway', state]),
    onLeaseKey: ({ step }) => heard.push(['lease-key', step]),
    onFrame: (frame) => heard.push([frame.type, frame.seq]),
    onSeq: (seq) => heard.push(['seq', seq]),
    onSessionEnded: (refusal) => heard.push(['session-ended', refusal.code]),
    onStopped: (cause) => heard.push(['stopped', cause.code]),
  };
  channel = createChannel({
    serverUrl: server.url,
    token: 'secret',
    trust,
    lookup: keepAddresses(),
    lastSeq,
    random: () => 0.01,
    monotonic: () => performance.now(),
    log: pino({ level: 'silent' }),
    events,
    ...(silenceLimitMs === undefined ? {} : { silenceLimitMs }),
  });
  channel.open();
}

const hello = (seq = 0, epoch = 1) => ({ type: 'hello', epoch, seq, serverTime: '2026-11-21T12:00:00.000Z' });
const policyFrame = (seq: number) => ({ type: 'policy', seq, policy: {} });
const has = (what: unknown) => vi.waitFor(() => expect(heard).toContainEqual(what), { timeout: 5_000 });

describe('the channel', () => {
  it('resumes after the newest frame that was handled, and acknowledges what it has handled', async () => {
    open(4);
    const first = await server.channel(1);
    expect(first.token).toBe('secret');
    expect(await first.frame('resume')).toEqual({ type: 'resume', afterSeq: 4 });
    first.send(hello(6));
    first.send(policyFrame(5));
    first.send(policyFrame(6));
    await has(['seq', 6]);
    expect(heard).toEqual(['connecting', 'open', ['hello', 1], ['policy', 5], ['policy', 6], ['seq', 6]]);
    expect(await first.frame('ack')).toEqual({ type: 'ack', seq: 6 });
  });

  it('acknowledges a repeated frame again and hands it to nobody', async () => {
    open(4);
    const first = await server.channel(1);
    first.send(hello(4));
    first.send(policyFrame(4));
    expect(await first.frame('ack')).toEqual({ type: 'ack', seq: 4 });
    expect(heard).toEqual(['connecting', 'open', ['hello', 1]]);
  });

  it('follows a server that counts from lower again', async () => {
    open(40);
    const first = await server.channel(1);
    first.send(hello(2));
    first.send(policyFrame(3));
    await has(['policy', 3]);
  });

  it('ignores and acknowledges frames of a type it does not know', async () => {
    open();
    const first = await server.channel(1);
    first.send(hello());
    first.send({ type: 'fireworks', seq: 1, colour: 'red' });
    first.send({ type: 'sparkle' });
    expect(await first.frame('ack')).toEqual({ type: 'ack', seq: 1 });
    first.send(policyFrame(2));
    await has(['policy', 2]);
  });

  it('answers a ping, and tells its newest status once it is open', async () => {
    open();
    channel.sendStatus('connecting', null);
    channel.sendStatus('disconnected', null);
    const first = await server.channel(1);
    first.send(hello());
    first.send({ type: 'ping', t: 7 });
    expect(await first.frame('pong')).toEqual({ type: 'pong', t: 7 });
    expect(first.frames[0]).toMatchObject({ type: 'resume' });
    expect(first.frames.filter(({ type }) => type === 'status')).toEqual([
      { type: 'status', phase: 'disconnected' },
    ]);
  });

  it('reports where it reached the server and what is not held back to a server that takes it, and to no other', async () => {
    const report = (guardFailed: string | null) => {
      const { hostname, port } = new URL(server.url);
      return { type: 'report', serverAddress: `${hostname}:${port}`, guardFailed };
    };
    const of = ({ frames }: { frames: { type: string }[] }) => frames.filter(({ type }) => type === 'report');
    open();
    const first = await server.channel(1);
    first.send(hello());
    channel.sendGuardFailed('guard-failed');
    first.send({ type: 'ping', t: 1 });
    await first.frame('pong');
    expect(of(first)).toEqual([]);
    channel.restart();
    const second = await server.channel(2);
    second.send({ ...hello(), accepts: ['report'] });
    await second.frame('report');
    channel.sendGuardFailed('guard-failed');
    channel.sendGuardFailed(null);
    second.send({ type: 'ping', t: 2 });
    await second.frame('pong');
    expect(of(second)).toEqual([report('guard-failed'), report(null)]);
  });

  it.each([
    ['not JSON', 'no json'],
    ['huge', JSON.stringify({ type: 'ping', t: 1, pad: 'x'.repeat(17_000) })],
    ['a wrong shape', JSON.stringify({ type: 'policy', seq: 'one', policy: {} })],
    ['no object', '[]'],
  ])('closes with 4003 on a frame that is %s, and stays closed', async (_, frame) => {
    open();
    const first = await server.channel(1);
    first.send(hello());
    first.send(frame);
    expect(await first.closed).toBe(4003);
    await has(['stopped', 'protocol-error']);
    expect(heard.at(-2)).toBe('closed');
    channel.restart();
    await server.channel(2);
  });

  it('takes nothing before the hello', async () => {
    open();
    const first = await server.channel(1);
    first.send(policyFrame(1));
    expect(await first.closed).toBe(4003);
    expect(heard).not.toContainEqual(['policy', 1]);
  });

  it.each([
    [4001, ['session-ended', 'session-invalid']],
    [4002, ['stopped', 'controller-busy']],
    [4003, ['stopped', 'protocol-error']],
  ])('stops when the server closes with %i', async (code, word) => {
    open();
    const first = await server.channel(1);
    first.send(hello());
    await has('open');
    first.socket.close(code);
    await has(word);
    expect(heard).toContain('closed');
  });

  it.each([1012, 1011, 1006])('comes back when the server closes with %i', async (code) => {
    open();
    const first = await server.channel(1);
    first.send(hello());
    first.send(policyFrame(3));
    await has(['seq', 3]);
    if (code === 1006) first.socket.terminate();
    else first.socket.close(code);
    const second = await server.channel(2);
    expect(await second.frame('resume')).toEqual({ type: 'resume', afterSeq: 3 });
  });

  it('comes back while the server cannot be reached or is in trouble, and stops when the session is over', async () => {
    server.refuseUpgrade = { status: 503, body: 'busy' };
    open();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(heard).not.toContain('closed');
    server.refuseUpgrade = { status: 401, body: problem('session-invalid') };
    await has(['session-ended', 'session-invalid']);
    expect(server.channels).toHaveLength(0);
  });

  it('takes a silent server for gone', async () => {
    open(0, 300);
    const first = await server.channel(1);
    first.send(hello());
    expect(await first.closed).toBe(1006);
    await server.channel(2);
  });

  it('hears nothing more from a socket that it has replaced', async () => {
    open();
    const first = await server.channel(1);
    first.send(hello());
    await has('open');
    channel.restart();
    const second = await server.channel(2);
    first.socket.close(4002);
    second.send(hello(0, 9));
    await has(['hello', 9]);
    expect(heard).not.toContainEqual(['stopped', 'controller-busy']);
  });
});
