import type { DeviceSummary } from '../../../src-shared/client-api.ts';
import type { ServerContext } from '../../context.ts';
import type { SessionIdentity } from '../../http/session.ts';
import { enrolledOf } from '../../proof/unlock/unlock-state.ts';

/** The devices of the session's member, the one seen last first. */
export async function devicesOf(
  ctx: ServerContext,
  { memberId, deviceId }: SessionIdentity,
): Promise<DeviceSummary[]> {
  const now = ctx.now();
  const rows = await ctx.database.db
    .selectFrom('device')
    .leftJoin('lease', (join) =>
      join
        .onRef('lease.device_id', '=', 'device.id')
        .on('lease.ended_at', 'is', null)
        .on('lease.expires_at', '>', now),
    )
    .selectAll('device')
    .select('lease.id as leaseId')
    .where('device.member_id', '=', memberId)
    .where('device.removed_at', 'is', null)
    .orderBy('device.last_seen_at', 'desc')
    .orderBy('device.id', 'desc')
    .execute();
  return rows.map((device) => ({
    id: device.id,
    name: device.name,
    platform: device.platform,
    isThis: device.id === deviceId,
    isConnected: device.leaseId !== null,
    lastSeenAt: new Date(device.last_seen_at).toISOString(),
    createdAt: new Date(device.created_at).toISOString(),
    unlock: enrolledOf(device),
  }));
}
