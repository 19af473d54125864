import type { Db, Tx } from '../../db/database.ts';
import { prepared } from '../../db/prepared.ts';
import type { AccessScope } from './enforcement.ts';

/** What a gateway has to be told to forget. */
export interface LivePeer {
  leaseId: string;
  deviceId: string;
  gatewayId: string;
  publicKey: string;
}

const ofMember = prepared<{ id: string }, LivePeer>((db, param) =>
  db
    .selectFrom('lease')
    .select([
      'id as leaseId',
      'device_id as deviceId',
      'gateway_id as gatewayId',
      'wg_public_key as publicKey',
    ])
    .where('member_id', '=', param('id'))
    .where('ended_at', 'is', null),
);

const ofDevice = prepared<{ id: string }, LivePeer>((db, param) =>
  db
    .selectFrom('lease')
    .select([
      'id as leaseId',
      'device_id as deviceId',
      'gateway_id as gatewayId',
      'wg_public_key as publicKey',
    ])
    .where('device_id', '=', param('id'))
    .where('ended_at', 'is', null),
);

const memberWithLeases = prepared<
  { id: string },
  { leaseId: string | null; deviceId: string | null; gatewayId: string | null; publicKey: string | null }
>((db, param) =>
  db
    .selectFrom('member')
    .leftJoin('lease', (join) =>
      join.onRef('lease.member_id', '=', 'member.id').on('lease.ended_at', 'is', null),
    )
    .select([
      'lease.id as leaseId',
      'lease.device_id as deviceId',
      'lease.gateway_id as gatewayId',
      'lease.wg_public_key as publicKey',
    ])
    .where('member.id', '=', param('id'))
    .where('member.removed_at', 'is', null),
);

/** The leases of the scope that are alive now. */
export async function livePeers(db: Db | Tx, scope: AccessScope): Promise<LivePeer[]> {
  const { rows } =
    'memberId' in scope
      ? await ofMember(db, { id: scope.memberId })
      : await ofDevice(db, { id: scope.deviceId });
  return rows;
}

/** The same in one question for a member who may not exist: null then. */
export async function livePeersOfMember(db: Db | Tx, memberId: string): Promise<LivePeer[] | null> {
  const { rows } = await memberWithLeases(db, { id: memberId });
  if (rows.length === 0) return null;
  return rows.flatMap(({ leaseId, deviceId, gatewayId, publicKey }) =>
    leaseId !== null && deviceId !== null && gatewayId !== null && publicKey !== null
      ? [{ leaseId, deviceId, gatewayId, publicKey }]
      : [],
  );
}
