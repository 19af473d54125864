import type { WebSocket } from '@fastify/websocket';
import type { FastifyInstance } from 'fastify';
import { closeCodes } from '../../../src-shared/client-channel.ts';
import {
  type FromGateway,
  fromGateway,
  GATEWAY_MAX_FRAME_BYTES,
  type Peer,
  type PeerStats,
} from '../../../src-shared/gateway-channel.ts';
import { textList } from '../../../src-shared/primitives.ts';
import type { PendingEnforcement } from '../../access/enforcement/pending-enforcement.ts';
import type { GatewayRegistry, GatewayTruth, GatewayWire } from '../../access/gateway/gateway-registry.ts';
import { alternatePortsOf } from '../../access/gateway/gateway-settings.ts';
import { hostCidr } from '../../access/lease/address-pool.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import type { ServerContext } from '../../context.ts';
import { keepAlive, readFrames } from '../../http/socket-frames.ts';
import { gatewayOf } from './gateway-guard.ts';

/** A sync may carry thousands of peers; afterwards one that failed is tried again. */
const SYNC_TIMEOUT_MS = 15_000;
const SYNC_RETRY_MS = 1_000;

/** `GET /gateway/v1/channel`: after `hello` the agent gets the whole truth, then every change in order. */
export function registerGatewayChannel(
  app: FastifyInstance,
  ctx: ServerContext,
  registry: GatewayRegistry,
  pending: PendingEnforcement,
): void {
  app.get('/gateway/v1/channel', { websocket: true, schema: { hide: true } }, (socket, request) =>
    serveGateway(ctx, registry, pending, socket, gatewayOf(request).gatewayId),
  );
}

function serveGateway(
  ctx: ServerContext,
  registry: GatewayRegistry,
  pending: PendingEnforcement,
  socket: WebSocket,
  gatewayId: string,
): void {
  const log = ctx.log.child({ gatewayId });
  const wire: GatewayWire = {
    send: (frame) => socket.send(JSON.stringify(frame)),
    close: (code, reason) => socket.close(code, reason),
    resync: () => void syncNow().catch(failed),
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
    const peers = await livePeersOf(ctx, gatewayId);
    const settings = await settingsFor(ctx, gatewayId);
    const confirmation = await registry.sync(gatewayId, { peers, ...settings }, SYNC_TIMEOUT_MS);
    if (confirmation.ok) {
      log.info({ peers: peers.length }, 'gateway in sync');
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
      await noteHello(ctx, gatewayId, frame);
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
        return;
      case 'pong':
        return;
    }
  };
  readFrames<FromGateway>(socket, { schema: fromGateway, maxBytes: GATEWAY_MAX_FRAME_BYTES, log, onFrame });
  keepAlive(socket, ctx.now);
  socket.on('close', (code) => {
    registry.detach(gatewayId, wire);
    // `code` is a name that the log hides.
    log.warn({ closeCode: code }, 'gateway channel closed');
  });
}

async function noteHello(
  ctx: ServerContext,
  gatewayId: string,
  hello: Extract<FromGateway, { type: 'hello' }>,
): Promise<void> {
  await ctx.database.db.transaction().execute(async (tx) => {
    const before = await tx
      .selectFrom('gateway')
      .select(['public_key', 'endpoint'])
      .where('id', '=', gatewayId)
      .executeTakeFirstOrThrow();
    await tx
      .updateTable('gateway')
      .set({ public_key: hello.publicKey, endpoint: hello.endpoint, last_seen_at: ctx.now() })
      .where('id', '=', gatewayId)
      .execute();
    if (before.public_key !== hello.publicKey || before.endpoint !== hello.endpoint)
      await appendAudit(tx, {
        at: ctx.now(),
        actor: `gateway:${gatewayId}`,
        action: 'gateway.hello',
        subject: `gateway:${gatewayId}`,
        outcome: 'ok',
        details: {
          publicKey: hello.publicKey,
          endpoint: hello.endpoint,
          previousPublicKey: before.public_key,
        },
      });
  });
}

async function livePeersOf(ctx: ServerContext, gatewayId: string): Promise<Peer[]> {
  const rows = await ctx.database.db
    .selectFrom('lease')
    .select(['id', 'wg_public_key', 'preshared_key_sealed', 'address', 'expires_at'])
    .where('gateway_id', '=', gatewayId)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', ctx.now())
    .execute();
  return rows.map((row) => ({
    publicKey: row.wg_public_key,
    presharedKey: Buffer.from(ctx.keys.sealedBox.open(row.preshared_key_sealed)).toString('base64url'),
    allowedIps: [hostCidr(row.address)],
    leaseId: row.id,
    expiresAt: new Date(row.expires_at).toISOString(),
  }));
}

/** Where members may go through this gateway, and on which ports they come. Nothing of one that is not there. */
async function settingsFor(ctx: ServerContext, gatewayId: string): Promise<Omit<GatewayTruth, 'peers'>> {
  const row = await ctx.database.db
    .selectFrom('gateway')
    .select(['allowed_ips_json', 'alternate_ports_json', 'endpoint'])
    .where('id', '=', gatewayId)
    .executeTakeFirst();
  if (!row) return { networks: [], alternatePorts: [] };
  return {
    networks: textList.parse(JSON.parse(row.allowed_ips_json)),
    alternatePorts: alternatePortsOf(row),
  };
}

async function noteStats(ctx: ServerContext, gatewayId: string, peers: PeerStats[]): Promise<void> {
  await ctx.database.db.transaction().execute(async (tx) => {
    await tx.updateTable('gateway').set({ last_seen_at: ctx.now() }).where('id', '=', gatewayId).execute();
    for (const peer of peers)
      await tx
        .updateTable('lease')
        .set({
          rx_bytes: peer.rxBytes,
          tx_bytes: peer.txBytes,
          ...(peer.lastHandshakeAt ? { last_handshake_at: Date.parse(peer.lastHandshakeAt) } : {}),
        })
        .where('gateway_id', '=', gatewayId)
        .where('wg_public_key', '=', peer.publicKey)
        .where('ended_at', 'is', null)
        .execute();
  });
}
