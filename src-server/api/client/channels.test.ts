import { EventEmitter } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import type { SignInAnswer } from '../../../src-shared/client-api.ts';
import { storeEvent } from '../../access/channel/event-store.ts';
import { keepAlive, readFrames } from '../../http/socket-frames.ts';
import { readPolicy } from '../../proof/policy/policy-store.ts';
import { newWgKey, ScriptedClient, ScriptedGateway } from '../../testing/scripted-ends.ts';
import { startTestServer, type TestMember, type TestServer } from '../../testing/test-server.ts';

describe('channels', () => {
  let server: TestServer;
  let member: TestMember;
  let session: SignInAnswer;
  beforeEach(async () => {
    server = await startTestServer();
    member = await server.addMember();
    session = await server.signIn(member);
  });
  afterEach(() => server.close());
  const open = (afterSeq: number | null = 0) =>
    ScriptedClient.connect(server, session.sessionToken, afterSeq);

  it('says hello with epoch, seq and the time of the server', async () => {
    const client = await open();
    expect(await client.of('hello')).toMatchObject({
      epoch: 0,
      seq: 0,
      serverTime: new Date(server.clock.now).toISOString(),
    });
    await client.close();
  });

  it.each([
    ['not JSON', '{"type":'],
    ['an unknown type', { type: 'drop-tables' }],
    ['unknown keys', { type: 'ack', seq: 1, extra: true }],
    ['a huge frame', { type: 'status', phase: 'x'.repeat(20_000) }],
    ['a second resume', { type: 'resume', afterSeq: 0 }],
  ])('closes with 4003 on %s', async (_name, frame) => {
    const client = await open();
    client.send(frame);
    expect(await client.closed).toBe(4003);
  });

  it('closes with 4003 when a frame comes before resume', async () => {
    const client = await open(null);
    client.send({ type: 'ack', seq: 0 });
    expect(await client.closed).toBe(4003);
  });

  it('closes with 4003 on far more frames than a client has to send', async () => {
    const client = await open();
    for (let t = 0; t < 600; t++) client.send({ type: 'pong', t });
    expect(await client.closed).toBe(4003);
  });

  it('gives one member no more time for signing in from many devices', async () => {
    const clients = [await open()];
    while (clients.length < 6) {
      server.nextStep();
      const { sessionToken } = await server.signIn(member);
      clients.push(await ScriptedClient.connect(server, sessionToken, 0));
    }
    const other = await server.signIn(await server.addMember());
    const bystander = await ScriptedClient.connect(server, other.sessionToken, 0);
    // Less than each may send by itself.
    for (let t = 0; t < 450; t++) for (const client of clients) client.send({ type: 'pong', t });
    expect(await Promise.race(clients.map((client) => client.closed))).toBe(4003);
    bystander.send({ type: 'status', phase: 'gate' });
    const phaseOf = () => server.parts.hub.open().find(({ deviceId }) => deviceId === other.deviceId)?.phase;
    await expect.poll(phaseOf).toBe('gate');
    await bystander.close();
  });

  it('touches nothing for an acknowledgement that changes nothing', async () => {
    const client = await open();
    await expect.poll(() => server.parts.hub.open()[0]?.sentSeq).toBe(0);
    const transactions = vi.spyOn(server.ctx.database.db, 'transaction');
    for (const seq of [0, 0, 7, 9_999]) client.send({ type: 'ack', seq });
    client.send({ type: 'status', phase: 'gate' });
    await expect.poll(() => server.parts.hub.open()[0]?.phase).toBe('gate');
    expect(transactions).not.toHaveBeenCalled();

    const policy = await readPolicy(server.ctx.database.db);
    const stored = await server.ctx.database.db
      .transaction()
      .execute((tx) => storeEvent(tx, session.deviceId, { type: 'policy', policy }, server.clock.now));
    server.parts.hub.deliver(session.deviceId, stored);
    client.send({ type: 'ack', seq: (await client.of('policy')).seq });
    await expect.poll(() => server.ctx.database.db.selectFrom('event').selectAll().execute()).toHaveLength(0);
    await client.close();
  });

  it('keeps one channel a device: the newer one wins', async () => {
    const first = await open();
    const second = await open();
    expect(await first.closed).toBe(4002);
    expect(server.parts.hub.openCount).toBe(1);
    await second.close();
    await expect.poll(() => server.parts.hub.openCount).toBe(0);
  });

  it('lets nobody in without a session, and answers with a problem', async () => {
    await expect(ScriptedClient.connect(server, 'x'.repeat(43))).rejects.toThrow(/401/);
  });

  it('closes with 4001 when an administrator’s command ended the session', async () => {
    const client = await open();
    await server.ctx.database.db.updateTable('session').set({ ended_at: server.clock.now }).execute();
    await server.parts.sweeper.reconcile();
    expect(await client.closed).toBe(4001);
  });

  it('closes with 1012 at a restart', async () => {
    const client = await open();
    const restarted = server.restart();
    expect(await client.closed).toBe(1012);
    await restarted;
  });

  it('sends what another process wrote before what is due now, in order', async () => {
    const client = await open();
    await expect.poll(() => server.parts.hub.open()[0]?.sentSeq).toBe(0);
    const policy = await readPolicy(server.ctx.database.db);
    const store = (totpPriorConnection: boolean) =>
      server.ctx.database.db
        .transaction()
        .execute((tx) =>
          storeEvent(
            tx,
            session.deviceId,
            { type: 'policy', policy: { ...policy, totpPriorConnection } },
            server.clock.now,
          ),
        );
    server.parts.hub.deliver(session.deviceId, await store(true));
    await store(false);
    expect(server.parts.hub.deliver(session.deviceId, await store(true))).toBe(true);
    const seqs = () => client.frames.flatMap((frame) => (frame.type === 'policy' ? [frame.seq] : []));
    await expect.poll(seqs).toEqual([1, 2, 3]);
    await client.close();
  });

  it('does not let a resume from the future swallow later frames', async () => {
    const gateway = await ScriptedGateway.create(server);
    await gateway.connect(server);
    const client = await open(9_999);
    const body = { gatewayId: gateway.id, wgPublicKey: newWgKey() };
    await server.request('POST', '/client/v1/connections', { token: session.sessionToken, body });
    const token = await server.addApiToken(['members:disconnect']);
    await server.request('POST', `/api/v1/member/${session.memberId}/disconnect`, { token });
    expect((await client.of('disconnect')).seq).toBe(1);
    await client.close();
    await gateway.disconnect();
  });

  it('refuses a gateway that says another id, speaks before hello, or has no token', async () => {
    const gateway = await ScriptedGateway.create(server);
    await gateway.connect(server);
    gateway.send({
      type: 'hello',
      gatewayId: gateway.id,
      publicKey: gateway.publicKey,
      endpoint: '192.0.2.1:1',
    });
    expect(await gateway.closed).toBe(4003);
    await gateway.connect(server);
    gateway.send('[]');
    expect(await gateway.closed).toBe(4003);
    await expect.poll(() => server.parts.registry.isOnline(gateway.id)).toBe(false);
  });
});

describe('readFrames', () => {
  it('lets everybody else have a turn between two frames', async () => {
    const socket = Object.assign(new EventEmitter(), { OPEN: 1, readyState: 1 }) as unknown as Parameters<
      typeof readFrames
    >[0];
    const order: string[] = [];
    const log = pino({ enabled: false });
    readFrames(socket, {
      schema: z.string(),
      maxBytes: 100,
      log,
      onFrame: (frame) => void order.push(frame),
    });
    for (const frame of ['first', 'second', 'third'])
      socket.emit('message', Buffer.from(`"${frame}"`), false);
    await nextTurn();
    order.push('somebody else');
    await expect.poll(() => order).toContain('third');
    expect(order.indexOf('somebody else')).toBeLessThan(order.indexOf('third'));
  });
});

describe('keepAlive', () => {
  it('ends a half-open socket after two pings without any answer, and not one that answers', async () => {
    vi.useFakeTimers();
    const make = () =>
      Object.assign(new EventEmitter(), { send: vi.fn(), terminate: vi.fn() }) as unknown as Parameters<
        typeof keepAlive
      >[0] & { send: ReturnType<typeof vi.fn>; terminate: ReturnType<typeof vi.fn> };
    const silent = make();
    const alive = make();
    alive.send.mockImplementation(() => alive.emit('message'));
    keepAlive(silent, () => 0);
    keepAlive(alive, () => 0);
    await vi.advanceTimersByTimeAsync(31_000);
    expect(silent.send).toHaveBeenCalledTimes(2);
    expect(silent.terminate).toHaveBeenCalledOnce();
    expect(alive.terminate).not.toHaveBeenCalled();
    alive.emit('close');
    vi.useRealTimers();
  });
});
