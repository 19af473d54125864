import { sql } from 'kysely';
import type * as z from 'zod';
import { reasonSchema } from '../../../src-shared/challenge.ts';
import type { GatewayLogsQuery, gatewayLogItem } from '../../../src-shared/integration-api.ts';
import { splitEndpoint } from '../../../src-shared/primitives.ts';
import { fail, ok, type Result } from '../../../src-shared/problem.ts';
import type { Db } from '../../db/database.ts';
import { spacedTime } from './spaced-time.ts';
import { passOver, type StablePages } from './stable-pages.ts';

/** The longest that the team's rules allow, and a day: what began earlier has ended before `start`. */
const LONGEST_CONNECTION_MS = 31 * 86_400_000;

/** Where a connection is in the list: the newest first. */
export interface ConnectionPlace {
  begunAt: number;
  id: string;
}
/** Before everything that there can be. */
const END: ConnectionPlace = { begunAt: Number.MAX_SAFE_INTEGER, id: '' };

/** The newest connection that there is. */
async function newestConnection(db: Db): Promise<ConnectionPlace> {
  const row = await db
    .selectFrom('lease')
    .select(['begun_at as begunAt', 'id'])
    .orderBy('begun_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row ?? { begunAt: 0, id: '' };
}

/** A page of the connection log; `invalid-request` for a `before` or `after` that is none of its rows. */
export async function readGatewayLog(
  db: Db,
  input: { query: GatewayLogsQuery; pages: StablePages<ConnectionPlace>; walk: string; now: number },
): Promise<Result<z.infer<typeof gatewayLogItem>[]>> {
  const { query, pages, walk, now } = input;
  const { page, limit } = query;
  for (const way of ['before', 'after'] as const) {
    if (query[way] === undefined) continue;
    const place = await placeOf(db, query[way]);
    if (!place) return fail('invalid-request', `${way}: no connection has this id; it may have been purged`);
    const rows = await itemsOf(db, query, { place, way, limit });
    return ok(way === 'after' ? rows.reverse().map(itemOf) : rows.map(itemOf));
  }
  const begun = pages.begin(walk, page, await newestConnection(db), now);
  const behind =
    begun.behind ?? (await placeBehind(db, query, { newest: begun.newest, count: (page - 1) * limit }));
  const rows = behind === null ? [] : await itemsOf(db, query, { place: behind, way: 'before', limit });
  const last = rows.at(-1);
  pages.end(walk, page, begun.newest, last ? { begunAt: last.begun_at, id: last.id } : null, now);
  return ok(rows.map(itemOf));
}

function placeOf(db: Db, id: string): Promise<ConnectionPlace | undefined> {
  return db.selectFrom('lease').select(['begun_at as begunAt', 'id']).where('id', '=', id).executeTakeFirst();
}

/** The place behind the next `count` that fit, `newest` being the first; null when there are not as many. */
async function placeBehind(
  db: Db,
  query: GatewayLogsQuery,
  { newest, count }: { newest: ConnectionPlace; count: number },
): Promise<ConnectionPlace | null> {
  // Ids are of hexadecimal digits and dashes: this is right behind it.
  const place: ConnectionPlace = newest.id === '' ? END : { ...newest, id: `${newest.id}~` };
  return passOver(place, count, (from, rows) =>
    select(db, query, { place: from, way: 'before' })
      .select(['lease.begun_at as begunAt', 'lease.id'])
      .limit(1)
      .offset(rows - 1)
      .executeTakeFirst(),
  );
}

/** What fits, from a place on: the older ones downwards, the newer ones upwards. */
function select(
  db: Db,
  { start, end, member_id, gateway_id }: GatewayLogsQuery,
  { place, way }: { place: ConnectionPlace; way: 'before' | 'after' },
) {
  const [isBeyond, order] = way === 'before' ? ([sql`<`, 'desc'] as const) : ([sql`>`, 'asc'] as const);
  let query = db
    .selectFrom('lease')
    .where(sql<boolean>`(lease.begun_at, lease.id) ${isBeyond} (${place.begunAt}, ${place.id})`);
  if (member_id !== undefined) query = query.where('lease.member_id', '=', member_id);
  if (gateway_id !== undefined) query = query.where('lease.gateway_id', '=', gateway_id);
  if (end !== undefined) query = query.where('lease.begun_at', '<', end);
  if (start !== undefined)
    query = query
      .where('lease.begun_at', '>=', start - LONGEST_CONNECTION_MS)
      .where((eb) => eb.or([eb('lease.ended_at', 'is', null), eb('lease.ended_at', '>=', start)]));
  return query.orderBy('lease.begun_at', order).orderBy('lease.id', order);
}

function itemsOf(
  db: Db,
  query: GatewayLogsQuery,
  { limit, ...from }: { place: ConnectionPlace; way: 'before' | 'after'; limit: number },
) {
  return select(db, query, from)
    .innerJoin('member', 'member.id', 'lease.member_id')
    .innerJoin('device', 'device.id', 'lease.device_id')
    .innerJoin('gateway', 'gateway.id', 'lease.gateway_id')
    .selectAll('lease')
    .select((eb) => [
      'member.name as member_name',
      eb.fn.coalesce('member.former_email', 'member.email').as('email'),
      'device.name as device_name',
      'gateway.name as gateway_name',
      'gateway.endpoint',
    ])
    .limit(limit)
    .execute();
}

type ConnectionRow = Awaited<ReturnType<typeof itemsOf>>[number];

function itemOf(row: ConnectionRow): z.infer<typeof gatewayLogItem> {
  const begun = spacedTime(row.begun_at);
  const ended = row.ended_at === null ? null : spacedTime(row.ended_at);
  return {
    id: row.id,
    protocol: 'WireGuard',
    start: begun,
    stop: ended,
    uploaded_bytes: row.rx_bytes,
    downloaded_bytes: row.tx_bytes,
    user: { id: row.member_id, name: row.member_name, username: row.email },
    gateway: {
      id: row.gateway_id,
      name: row.gateway_name,
      ip: row.endpoint === null ? null : splitEndpoint(row.endpoint).address,
      location: null,
    },
    member_id: row.member_id,
    username: row.email,
    device_name: row.device_name,
    gateway_id: row.gateway_id,
    gateway_name: row.gateway_name,
    ip_address: row.address,
    connected_at: begun,
    disconnected_at: ended,
    reason: row.end_reason_json === null ? null : reasonSchema.parse(JSON.parse(row.end_reason_json)).code,
    bytes_received: row.rx_bytes,
    bytes_sent: row.tx_bytes,
  };
}
