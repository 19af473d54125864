import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { LeaseKeyRotation } from '../db/lease-key-rotation.ts';

/** A device whose helper has not taken the next key. */
export interface WithoutNextKey {
  deviceId: string;
  device: string;
  member: string;
  /** Milliseconds since 1970. */
  lastSeenAt: number;
}

export interface LeaseKeyHolders {
  devices: number;
  have: number;
  /** Of those that do not: the server has heard of them since the rotation began. */
  seenWithout: number;
  /** Of these: they have connected since, for which their app had a channel and their helper was there. */
  connectedWithout: number;
  /** The ones that were seen last first. */
  without: WithoutNextKey[];
}

/** Which devices of members who may sign in have the next key, as their helpers have told. */
export async function leaseKeyHolders(db: Db, { step, begunAt }: LeaseKeyRotation): Promise<LeaseKeyHolders> {
  const { rows } = await sql<WithoutNextKey & { has: number; hasConnected: number }>`
    select d.id as "deviceId", d.name as "device", m.email as "member", d.last_seen_at as "lastSeenAt",
      coalesce(k.step, 0) >= ${step} as has,
      exists(select 1 from lease l where l.device_id = d.id and l.begun_at >= ${begunAt}) as "hasConnected"
    from device d join member m on m.id = d.member_id left join device_lease_key k on k.device_id = d.id
    where d.removed_at is null and m.removed_at is null and m.is_blocked = 0
    order by d.last_seen_at desc, d.id`.execute(db);
  const without = rows
    .filter(({ has }) => has === 0)
    .map(({ deviceId, device, member, lastSeenAt }) => ({ deviceId, device, member, lastSeenAt }));
  return {
    devices: rows.length,
    have: rows.length - without.length,
    seenWithout: without.filter(({ lastSeenAt }) => lastSeenAt >= begunAt).length,
    connectedWithout: rows.filter(({ has, hasConnected }) => has === 0 && hasConnected === 1).length,
    without,
  };
}
