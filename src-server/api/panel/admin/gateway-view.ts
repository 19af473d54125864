import { sql } from 'kysely';
import type * as z from 'zod';
import type { PanelGateway, panelPeer } from '../../../../src-shared/panel/gateways.ts';
import { ok, type Result } from '../../../../src-shared/problem.ts';
import { agentOf } from '../../../access/gateway/gateway-agent.ts';
import type { GatewayRegistry } from '../../../access/gateway/gateway-registry.ts';
import { settingsOf } from '../../../access/gateway/gateway-settings.ts';
import { gatewayTokenView } from '../../../access/gateway/gateway-token.ts';
import type { Db } from '../../../db/database.ts';
import type { GatewayRow } from '../../../db/schema.ts';
import { decodeCursor, iso, isoOrNull, nameKey, pageOf, timeKey } from './cursor.ts';

type Presence = Pick<GatewayRegistry, 'isOnline' | 'hostTroubles'>;
type PageQuery = { cursor?: string | undefined; limit: number };

/** A page of the gateways that were not removed, by name. */
export async function listGateways(
  db: Db,
  presence: Presence,
  { cursor, limit }: PageQuery,
  now: number,
): Promise<Result<{ gateways: PanelGateway[]; nextCursor: string | null }>> {
  const after = decodeCursor(cursor, nameKey);
  if (!after.ok) return after;
  let query = db.selectFrom('gateway').selectAll().where('removed_at', 'is', null);
  if (after.value) {
    const [name, id] = after.value;
    query = query.where(sql<boolean>`(name, id) > (${name}, ${id})`);
  }
  const rows = await query
    .orderBy('name')
    .orderBy('id')
    .limit(limit + 1)
    .execute();
  const { items, nextCursor } = pageOf(rows, limit, (row) => [row.name, row.id]);
  return ok({ gateways: await viewsOf(db, presence, items, now), nextCursor });
}

/** One gateway; undefined when it is unknown or removed. */
export async function viewGateway(
  db: Db,
  presence: Presence,
  gatewayId: string,
  now: number,
): Promise<PanelGateway | undefined> {
  const row = await db
    .selectFrom('gateway')
    .selectAll()
    .where('id', '=', gatewayId)
    .where('removed_at', 'is', null)
    .executeTakeFirst();
  const [view] = row ? await viewsOf(db, presence, [row], now) : [];
  return view;
}

async function viewsOf(
  db: Db,
  presence: Presence,
  gateways: readonly GatewayRow[],
  now: number,
): Promise<PanelGateway[]> {
  const sums = await db
    .selectFrom('lease')
    .select((eb) => [
      'gateway_id',
      eb.fn.countAll<number>().as('connections'),
      eb.fn.sum<number>('rx_bytes').as('rxBytes'),
      eb.fn.sum<number>('tx_bytes').as('txBytes'),
    ])
    .where('ended_at', 'is', null)
    .where('expires_at', '>', now)
    .groupBy('gateway_id')
    .execute();
  const sumOf = new Map(sums.map((row) => [row.gateway_id, row]));
  return gateways.map((row) => {
    const sum = sumOf.get(row.id);
    return {
      id: row.id,
      name: row.name,
      subnet: row.subnet,
      ...settingsOf(row),
      endpoint: row.endpoint,
      publicKey: row.public_key,
      isOnline: presence.isOnline(row.id),
      lastSeenAt: isoOrNull(row.last_seen_at),
      createdAt: iso(row.created_at),
      connections: sum?.connections ?? 0,
      rxBytes: sum?.rxBytes ?? 0,
      txBytes: sum?.txBytes ?? 0,
      agent: agentOf(row),
      token: gatewayTokenView(row),
      hostTroubles: presence.hostTroubles(row.id),
    };
  });
}

/** Connections that are older than the settings of their gateway. */
export async function countOutdated(db: Db, gatewayId: string, now: number): Promise<number> {
  const { count } = await db
    .selectFrom('lease')
    .innerJoin('gateway', 'gateway.id', 'lease.gateway_id')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('gateway_id', '=', gatewayId)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', now)
    .whereRef('lease.settings_at', '<', 'gateway.settings_at')
    .executeTakeFirstOrThrow();
  return count;
}

/** A page of the tunnels that end at a gateway now, the newest first. */
export async function listPeers(
  db: Db,
  gatewayId: string,
  { cursor, limit }: PageQuery,
  now: number,
): Promise<Result<{ peers: z.infer<typeof panelPeer>[]; nextCursor: string | null }>> {
  const after = decodeCursor(cursor, timeKey);
  if (!after.ok) return after;
  let query = db
    .selectFrom('lease')
    .innerJoin('member', 'member.id', 'lease.member_id')
    .innerJoin('device', 'device.id', 'lease.device_id')
    .selectAll('lease')
    .select(['member.name as memberName', 'member.email', 'device.name as deviceName'])
    .where('lease.gateway_id', '=', gatewayId)
    .where('lease.ended_at', 'is', null)
    .where('lease.expires_at', '>', now);
  if (after.value) {
    const [time, id] = after.value;
    query = query.where(sql<boolean>`(lease.begun_at, lease.id) < (${time}, ${id})`);
  }
  const rows = await query
    .orderBy('lease.begun_at', 'desc')
    .orderBy('lease.id', 'desc')
    .limit(limit + 1)
    .execute();
  const { items, nextCursor } = pageOf(rows, limit, (row) => [row.begun_at, row.id]);
  const peers = items.map((row) => ({
    leaseId: row.id,
    memberId: row.member_id,
    memberName: row.memberName,
    email: row.email,
    deviceId: row.device_id,
    deviceName: row.deviceName,
    address: row.address,
    address6: row.address6,
    publicKey: row.wg_public_key,
    since: iso(row.begun_at),
    expiresAt: iso(row.expires_at),
    lastHandshakeAt: isoOrNull(row.last_handshake_at),
    rxBytes: row.rx_bytes,
    txBytes: row.tx_bytes,
  }));
  return ok({ peers, nextCursor });
}
