import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { problem } from '../../src-shared/problem.ts';
import { expire, makeCertificate, type TestCertificate } from '../testing/certificates.ts';
import { type ScriptedServer, startScriptedServer } from '../testing/scripted-server.ts';
import { keepAddresses } from './kept-addresses.ts';
import { networkFailure } from './network-problem.ts';
import { createRest, type Rest } from './rest.ts';
import { createTlsTrust } from './tls-trust.ts';

const lookup = keepAddresses();

const folder = mkdtempSync(join(tmpdir(), 'pst-h4-rest-'));
const info = { name: 'Team', issuer: 'https://vpn.test.example', serverKey: 'x' };
const request = { gatewayId: '00000000-0000-7000-8000-000000000001', wgPublicKey: 'A'.repeat(43) };
let certificate: TestCertificate;
let server: ScriptedServer;
let rest: Rest;
const monotonic = () => performance.now();

beforeAll(async () => {
  certificate = await makeCertificate(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(async () => {
  server = await startScriptedServer(certificate);
  rest = createRest({
    lookup,
    monotonic,
    now: Date.now,
    proxy: null,
    serverUrl: server.url,
    trust: createTlsTrust(certificate.ca),
    answerTimeoutMs: 2_000,
  });
});
afterEach(async () => {
  await rest.close();
  await server.close();
});

async function codeOf(answer: Promise<{ ok: boolean; problem?: { code: string } }>) {
  return (await answer).problem?.code;
}

describe('a request', () => {
  it('that cannot reach the server names the web proxy that this computer is set to use', async () => {
    await server.close();
    const behind = createRest({
      lookup,
      monotonic,
      now: Date.now,
      proxy: 'http://proxy.example.com:3128',
      serverUrl: server.url,
      trust: createTlsTrust(certificate.ca),
    });
    const answer = await behind.connect(request, 'token');
    const { host } = new URL(server.url);
    expect(answer).toMatchObject({
      problem: { code: 'server-unreachable', proxy: 'http://proxy.example.com:3128', server: host },
      mayHaveArrived: false,
    });
    expect(answer.ok ? '' : answer.problem.detail).toBe(
      `No connection to ${host}. This computer is set to reach the web through the proxy http://proxy.example.com:3128, which Postern does not use. Ask your administrator to let it reach ${host} directly.`,
    );
    expect(await codeOf(rest.connect(request, 'token'))).toBe('server-unreachable');
    const plain = await rest.connect(request, 'token');
    expect(plain.ok ? '' : plain.problem.detail).not.toContain('proxy');
    await behind.close();
    server = await startScriptedServer(certificate);
  });

  it('for a connection finds its own TLS connection open, whatever else is under way', async () => {
    server.reply = ({ path }) => (path === '/client/v1/me' ? 'hang' : { status: 200, body: info });
    await rest.warm();
    const slow = rest.me('token');
    await rest.connect(request, 'token');
    await rest.connect(request, 'token');
    await rest.warm();
    const connectionsOf = (path: string) =>
      server.requests.filter((seen) => seen.path === path).map((seen) => seen.connection);
    expect(connectionsOf('/client/v1/connections')).toEqual([1, 1]);
    // Fresh as it is, nothing was sent to warm it again.
    expect(connectionsOf('/.well-known/postern')).toEqual([1]);
    expect(connectionsOf('/client/v1/me')).toEqual([2]);
    rest.renewConnections();
    await rest.connect(request, 'token');
    expect(connectionsOf('/client/v1/connections')).toEqual([1, 1, 3]);
    await slow;
  });

  it('for a connection goes to an older server without what that one does not know', async () => {
    const helper = { version: '1.0.0', features: ['control'] };
    const granted = {
      leaseId: request.gatewayId,
      lease: 'x',
      expiresAt: '2026-01-01T00:00:00.000Z',
      epoch: 1,
    };
    server.reply = ({ body }) =>
      body.helper !== undefined
        ? { status: 400, body: problem('invalid-request', 'helper: Unrecognized key: "helper"') }
        : { status: 200, body: granted };
    expect(await rest.connect({ ...request, helper }, 'token')).toMatchObject({ ok: true, value: granted });
    expect(server.requests).toHaveLength(2);
    server.reply = () => ({ status: 400, body: problem('invalid-request', 'wgPublicKey: is in use') });
    expect(await codeOf(rest.connect({ ...request, helper }, 'token'))).toBe('invalid-request');
    expect(server.requests).toHaveLength(3);
  });

  it('carries the token and is parsed by its schema', async () => {
    server.reply = () => ({ status: 201, body: { leaseId: 'no id' } });
    expect(await codeOf(rest.connect(request, 'secret'))).toBe('protocol-error');
    expect(server.requests[0]).toMatchObject({ method: 'POST', token: 'secret', body: request });
    server.reply = () => ({ status: 200, body: '<html>' });
    expect(await codeOf(rest.serverInfo())).toBe('protocol-error');
    server.reply = () => ({ status: 204 });
    expect(await rest.signOut('secret')).toEqual({ ok: true, value: undefined });
  });

  it('that is refused gives the problem, and the challenge where there is one', async () => {
    const challenge = {
      id: request.gatewayId,
      nonce: 'bm9uY2U',
      requires: ['totp'],
      unlockMethods: [],
      reason: null,
      expiresAt: '2030-01-01T00:00:00.000Z',
    };
    server.reply = () => ({ status: 401, body: problem('step-up-required', undefined, { challenge }) });
    expect(await rest.connect(request, 't')).toMatchObject({
      ok: false,
      problem: { code: 'step-up-required' },
      challenge: { id: challenge.id },
      mayHaveArrived: true,
    });
    server.reply = () => ({ status: 401, body: problem('invalid-code', undefined, { attemptsLeft: 2 }) });
    expect(await rest.connect(request, 't')).toMatchObject({ problem: { attemptsLeft: 2 }, challenge: null });
  });

  it('that a proxy answers for a missing server counts as unreachable', async () => {
    server.reply = () => ({ status: 502, body: '<html>Bad Gateway</html>' });
    expect(await codeOf(rest.serverInfo())).toBe('server-unreachable');
    server.reply = () => ({ status: 403, body: '<html>Forbidden</html>' });
    expect(await codeOf(rest.serverInfo())).toBe('protocol-error');
  });

  it('without an answer may have arrived; without a connection it cannot have', async () => {
    server.reply = () => 'cut';
    expect(await rest.connect(request, 't')).toMatchObject({
      problem: { code: 'server-unreachable' },
      mayHaveArrived: true,
    });
    server.reply = () => 'hang';
    expect(await rest.connect(request, 't')).toMatchObject({ mayHaveArrived: true });
    await server.close();
    expect(await rest.connect(request, 't')).toMatchObject({
      problem: { code: 'server-unreachable' },
      mayHaveArrived: false,
    });
    server = await startScriptedServer(certificate);
  });

  it('that a certificate out of its time forbids names the date of this computer', async () => {
    const day = (ahead: number) => new Date(Date.now() + ahead * 86_400_000).toLocaleDateString('sv');
    // The days of an expired certificate are counted in openssl's way, whole or not.
    const yesterday = `(${day(-2)}|${day(-1)}|${day(0)})`;
    const expired = await expire(certificate, folder);
    const old = await startScriptedServer(expired);
    const { host } = new URL(old.url);
    const late = createRest({
      lookup,
      monotonic,
      now: () => new Date(2037, 2, 1, 12).getTime(),
      proxy: null,
      serverUrl: old.url,
      trust: createTlsTrust(expired.ca),
    });
    expect(await late.connect(request, 'secret')).toMatchObject({
      problem: {
        code: 'server-untrusted-certificate',
        detail: expect.stringMatching(
          new RegExp(
            `^The certificate of ${host} expired on ${yesterday}\\. This computer's date is 2037-03-01\\. If that date is wrong`,
          ),
        ),
        certificateDate: expect.stringMatching(yesterday),
      },
      mayHaveArrived: false,
    });
    await late.close();
    await old.close();
    const early = Object.assign(new Error('no'), { code: 'CERT_NOT_YET_VALID' });
    const failure = networkFailure(early, 'https://vpn.example.com', null, new Date(2020, 0, 1).getTime());
    expect(failure.problem).toMatchObject({ host: 'vpn.example.com', date: '2020-01-01', isYetToCome: true });
    expect(failure.problem.detail).toContain('is not valid yet on 2020-01-01');
  });

  it('whose certificate is for another name is named with that name', async () => {
    const { port } = new URL(server.url);
    const elsewhere = createRest({
      // A name of this computer for which the certificate is not.
      lookup: (_name, options, done) =>
        setImmediate(() =>
          options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4),
        ),
      monotonic,
      now: Date.now,
      proxy: null,
      serverUrl: `https://vpn.example.com:${port}`,
      trust: createTlsTrust(certificate.ca),
    });
    // Twice: the first must not leave a lane behind on which the next waits for ever.
    await elsewhere.connect(request, 'secret');
    expect(await elsewhere.connect(request, 'secret')).toMatchObject({
      problem: {
        code: 'server-untrusted-certificate',
        detail: `The server at vpn.example.com:${port} showed a certificate for 127.0.0.1, localhost. Look for a slip in the address; if there is none, tell your administrator.`,
        names: '127.0.0.1, localhost',
      },
    });
    await elsewhere.close();
  });

  it('sends nothing to a server whose certificate is not trusted', async () => {
    const stranger = createRest({
      lookup,
      monotonic,
      now: Date.now,
      proxy: null,
      serverUrl: server.url,
      trust: createTlsTrust(null),
    });
    expect(await stranger.connect(request, 'secret')).toMatchObject({
      problem: { code: 'server-untrusted-certificate' },
      mayHaveArrived: false,
    });
    await stranger.close();
    const otherName = createRest({
      lookup,
      monotonic,
      now: Date.now,
      proxy: null,
      serverUrl: server.url.replace('127.0.0.1', '127.0.0.2'),
      trust: createTlsTrust(certificate.ca),
    });
    // Nobody listens there, or somebody with another name: never an answer.
    expect(await otherName.serverInfo()).toMatchObject({ ok: false });
    await otherName.close();
    expect(server.requests).toEqual([]);
  });

  it('to something that speaks no TLS is unreachable', async () => {
    const plain = createServer((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n')).listen(0, '127.0.0.1');
    await new Promise((resolve) => plain.once('listening', resolve));
    const address = plain.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    const other = createRest({
      lookup,
      monotonic,
      now: Date.now,
      proxy: null,
      serverUrl: `https://127.0.0.1:${port}`,
      trust: createTlsTrust(null),
    });
    expect(await codeOf(other.serverInfo())).toBe('server-unreachable');
    await other.close();
    plain.close();
  });

  it('gives up on an answer that does not end', async () => {
    server.reply = () => ({ status: 200, body: `"${'x'.repeat(300 * 1024)}"` });
    expect(await codeOf(rest.serverInfo())).toBe('server-unreachable');
  });
});
