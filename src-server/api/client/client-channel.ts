import type { WebSocket, WebsocketHandler } from '@fastify/websocket';
import type { FastifyInstance } from 'fastify';
import {
  CHANNEL_MAX_FRAME_BYTES,
  type ClientFrame,
  clientFrame,
  closeCodes,
  type ServerFrame,
} from '../../../src-shared/client-channel.ts';
import { MAX_GUARD_EVENTS } from '../../../src-shared/guard.ts';
import type { ClientHub, ClientWire } from '../../access/channel/client-hub.ts';
import { ackEvents, eventsAfter } from '../../access/channel/event-store.ts';
import type { LeaseKeyNews } from '../../access/channel/lease-key-news.ts';
import { recordGuardEvents } from '../../access/guard/guard-events.ts';
import { noteGuardFailure } from '../../access/guard/guard-failure.ts';
import type { ReachedAddresses } from '../../access/lease/reached-addresses.ts';
import { HourlyBudget } from '../../audit/hourly-budget.ts';
import type { ServerContext } from '../../context.ts';
import { endAtFaults, letGoOfResponse } from '../../http/idle-socket.ts';
import { refusePlainCall } from '../../http/plain-call.ts';
import { noteDeviceSeen, type SessionIdentity } from '../../http/session.ts';
import { keepAlive, readFrames } from '../../http/socket-frames.ts';
import { sessionOf } from './client-guard.ts';
import { MemberChannels } from './member-channels.ts';

/** A client that never says where it resumes is not one of ours. */
const RESUME_TIMEOUT_MS = 10_000;
const UNKNOWN_ADDRESS =
  'a client reaches this server where no lease says that it is: under a full tunnel it does not hear of a disconnect. If that is an address of this server, add it to publicAddresses';

interface ChannelParts {
  hub: ClientHub;
  reached: ReachedAddresses;
  leaseKeys: LeaseKeyNews;
}

/** `GET /client/v1/channel`: `hello` at once; after `resume` the stored frames, then the live ones. */
export function registerClientChannel(app: FastifyInstance, ctx: ServerContext, parts: ChannelParts): void {
  const budget = new HourlyBudget(MAX_GUARD_EVENTS);
  const members = new MemberChannels();
  const wsHandler: WebsocketHandler = (socket, request) => {
    const identity = sessionOf(request);
    endAtFaults(socket, ctx.log, identity.deviceId);
    void openChannel({ ...parts, ctx, budget, members }, socket, identity).catch((error: unknown) => {
      ctx.log.error({ err: error, deviceId: identity.deviceId }, 'client channel failed');
      socket.close(closeCodes.internalError, 'internal error');
    });
  };
  const url = '/client/v1/channel';
  const route = { method: 'GET', url, schema: { hide: true }, handler: refusePlainCall, wsHandler } as const;
  app.route({ ...route, preHandler: letGoOfResponse });
}

async function openChannel(
  {
    ctx,
    hub,
    reached,
    leaseKeys,
    budget,
    members,
  }: ChannelParts & { ctx: ServerContext; budget: HourlyBudget; members: MemberChannels },
  socket: WebSocket,
  { deviceId, memberId, sessionId }: SessionIdentity,
): Promise<void> {
  const { db } = ctx.database;
  const log = ctx.log.child({ deviceId });
  const wire: ClientWire = {
    send: (frame) => socket.send(JSON.stringify(frame)),
    close: (code, reason) => socket.close(code, reason),
  };
  const resumeTimer = setTimeout(
    () => socket.close(closeCodes.protocolError, 'no resume'),
    RESUME_TIMEOUT_MS,
  );
  let hasResumed = false;
  let ackedSeq = 0;
  /** Undefined until it is read. */
  let guardFailed: string | null | undefined;
  const isInTime = members.opened(memberId, wire, ctx.now());

  const onFrame = async (frame: ClientFrame): Promise<void> => {
    if (frame.type === 'resume') {
      if (hasResumed) return socket.close(closeCodes.protocolError, 'resumed twice');
      hasResumed = true;
      clearTimeout(resumeTimer);
      const { last_seq } = await db
        .selectFrom('device')
        .select('last_seq')
        .where('id', '=', deviceId)
        .executeTakeFirstOrThrow();
      const afterSeq = Math.min(frame.afterSeq, last_seq);
      hub.resume(deviceId, wire, afterSeq);
      for (const stored of await eventsAfter(db, deviceId, afterSeq)) hub.replay(deviceId, stored);
      // Whatever is not in the record any more had been acked.
      hub.resume(deviceId, wire, last_seq);
      ackedSeq = afterSeq;
      await ackEvents(db, deviceId, afterSeq, ctx.now());
      return;
    }
    if (!hasResumed) return socket.close(closeCodes.protocolError, 'resume first');
    switch (frame.type) {
      case 'ack': {
        // What was never sent is not acknowledged, and what is already needs no transaction.
        const seq = Math.min(frame.seq, hub.sentSeq(deviceId, wire));
        if (seq <= ackedSeq) return;
        ackedSeq = seq;
        await ackEvents(db, deviceId, seq, ctx.now());
        return;
      }
      case 'status':
        hub.setPhase(deviceId, frame.phase);
        return;
      case 'guard': {
        const { events } = frame;
        await db
          .transaction()
          .execute((tx) => recordGuardEvents(tx, budget, { deviceId, events, now: ctx.now() }));
        return;
      }
      case 'report': {
        const { serverAddress, guardFailed: code } = frame;
        if (reached.note(serverAddress, memberId, ctx.now()))
          log.warn({ serverAddress, known: ctx.config.publicAddresses ?? 'DNS' }, UNKNOWN_ADDRESS);
        if (code === guardFailed) return;
        guardFailed = code;
        await db
          .transaction()
          .execute((tx) => noteGuardFailure(tx, { deviceId, memberId, code, now: ctx.now() }));
        return;
      }
      case 'lease-key':
        await (frame.step === null ? leaseKeys.ask(wire) : leaseKeys.taken(deviceId, frame.step));
        return;
      case 'pong':
        return;
    }
  };
  readFrames<ClientFrame>(socket, {
    ...{ schema: clientFrame, maxBytes: CHANNEL_MAX_FRAME_BYTES, log, onFrame },
    isInTime: () => isInTime(ctx.now()),
  });
  keepAlive(socket, ctx.now);
  hub.attach(deviceId, sessionId, wire);
  socket.on('close', (code) => {
    clearTimeout(resumeTimer);
    hub.detach(deviceId, wire);
    leaseKeys.closed(wire);
    members.closed(memberId, wire, ctx.now());
    // `code` is a name that the log hides.
    log.info({ closeCode: code }, 'client channel closed');
  });

  await noteDeviceSeen(ctx, deviceId);
  const device = await db
    .selectFrom('device')
    .select(['epoch', 'last_seq', 'guard_failed'])
    .where('id', '=', deviceId)
    .executeTakeFirstOrThrow();
  guardFailed = device.guard_failed;
  const hello: ServerFrame = {
    type: 'hello',
    epoch: device.epoch,
    seq: device.last_seq,
    serverTime: new Date(ctx.now()).toISOString(),
    accepts: ['report', 'lease-key'] satisfies ClientFrame['type'][],
  };
  wire.send(hello);
  log.info('client channel open');
}
