import type { WebSocket } from '@fastify/websocket';
import type { FastifyInstance } from 'fastify';
import { closeCodes } from '../../../src-shared/client-channel.ts';
import {
  type FromGateway,
  fromGateway,
  GATEWAY_MAX_FRAME_BYTES,
} from '../../../src-shared/gateway-channel.ts';
import type { PendingEnforcement } from '../../access/enforcement/pending-enforcement.ts';
import type { Sweeper } from '../../access/enforcement/sweeper.ts';
import type { GatewayHealth } from '../../access/gateway/gateway-health.ts';
import { noteHello } from '../../access/gateway/gateway-hello.ts';
import type { GatewayRegistry, GatewayWire } from '../../access/gateway/gateway-registry.ts';
import { clockAhead, noteStats } from '../../access/gateway/gateway-stats.ts';
import type { GatewayTokens } from '../../access/gateway/gateway-tokens.ts';
import { readTruth } from '../../access/gateway/gateway-truth.ts';
import type { ServerContext } from '../../context.ts';
import { refusePlainCall } from '../../http/plain-call.ts';
import { keepAlive, readFrames } from '../../http/socket-frames.ts';
import { gatewayOf } from './gateway-guard.ts';

/** A sync may carry thousands of peers; afterwards one that failed is tried again. */
const SYNC_TIMEOUT_MS = 15_000;
const SYNC_RETRY_MS = 1_000;

export interface GatewayChannelParts {
  registry: GatewayRegistry;
  pending: PendingEnforcement;
  health: GatewayHealth;
  tokens: GatewayTokens;
  sweeper: Pick<Sweeper, 'tellEdits'>;
}

/** `GET /gateway/v1/channel`: after `hello` the agent gets the whole truth, then every change in order. */
export function registerGatewayChannel(
  app: FastifyInstance,
  ctx: ServerContext,
  parts: GatewayChannelParts,
): void {
  app.route({
    method: 'GET',
    url: '/gateway/v1/channel',
    schema: { hide: true },
    handler: refusePlainCall,
    wsHandler: (socket, request) => serveGateway(ctx, parts, socket, gatewayOf(request)),
  });
}

function serveGateway(
  ctx: ServerContext,
  { registry, pending, health, tokens, sweeper }: GatewayChannelParts,
  socket: WebSocket,
  { gatewayId, gatewayName, tokenHash }: ReturnType<typeof gatewayOf>,
): void {
  const log = ctx.log.child({ gatewayId, gatewayName });
  const wire: GatewayWire = {
    send: (frame) => socket.send(JSON.stringify(frame)),
    close: (code, reason) => socket.close(code, reason),
    resync: () => void syncNow().catch(failed),
  };
  const byToken = {
    hash: tokenHash,
    close: () => socket.close(closeCodes.sessionEnded, 'another token has taken the place of this one'),
  };
  let isAttached = false;
  /** One sync at a time: what was read earlier must not go out later. */
  let isSyncing = false;
  let isAsked = false;

  const syncNow = async (): Promise<void> => {
    isAsked = true;
    if (isSyncing) return;
    isSyncing = true;
    while (isAsked && socket.readyState === socket.OPEN) {
      isAsked = false;
      await sendTruth();
    }
    isSyncing = false;
  };
  const sendTruth = async (): Promise<void> => {
    registry.holdAdds(gatewayId);
    // Read before the list of peers: what had ended by then is surely not in it.
    const endedBefore = await pending.unenforced(gatewayId);
    const truth = await readTruth(ctx, gatewayId);
    const confirmation = await registry.sync(gatewayId, truth, SYNC_TIMEOUT_MS);
    if (confirmation.ok) {
      log.info({ peers: truth.peers.length }, 'gateway in sync');
      await pending.markEnforced(endedBefore);
    } else if (confirmation.why !== 'offline' && socket.readyState === socket.OPEN) {
      log.warn({ confirmation }, 'sync not confirmed, trying again');
      setTimeout(() => void syncNow().catch(failed), SYNC_RETRY_MS).unref();
    }
  };
  const failed = (error: unknown): void => {
    log.error({ err: error }, 'gateway sync failed');
    socket.close(closeCodes.internalError, 'internal error');
  };

  const onFrame = async (frame: FromGateway): Promise<void> => {
    if (frame.type === 'hello') {
      if (isAttached || frame.gatewayId !== gatewayId)
        return socket.close(
          closeCodes.protocolError,
          isAttached ? 'hello twice' : 'gateway id does not match the token',
        );
      isAttached = true;
      if (!(await tokens.opened(gatewayId, byToken))) return byToken.close();
      if (await noteHello(ctx, gatewayId, frame)) await sweeper.tellEdits();
      registry.attach(gatewayId, wire);
      void syncNow().catch(failed);
      return;
    }
    if (!isAttached) return socket.close(closeCodes.protocolError, 'hello first');
    switch (frame.type) {
      case 'done':
        registry.confirm(gatewayId, frame.rev, { ok: true });
        return;
      case 'failed':
        log.error({ rev: frame.rev, error: frame.error }, 'gateway could not apply');
        registry.confirm(gatewayId, frame.rev, { ok: false, why: 'failed', error: frame.error });
        return;
      case 'stats':
        registry.noteStats(gatewayId);
        await noteStats(ctx, gatewayId, frame.peers);
        await health.noteClock(gatewayId, wire, clockAhead(frame.peers, ctx.now()));
        return;
      case 'health':
        await health.noteTroubles(gatewayId, wire, frame.troubles);
        return;
      case 'pong':
        return;
    }
  };
  readFrames<FromGateway>(socket, { schema: fromGateway, maxBytes: GATEWAY_MAX_FRAME_BYTES, log, onFrame });
  keepAlive(socket, ctx.now);
  socket.on('close', (code) => {
    registry.detach(gatewayId, wire);
    tokens.closed(gatewayId, byToken);
    // `code` is a name that the log hides.
    log.warn({ closeCode: code }, 'gateway channel closed');
  });
}
