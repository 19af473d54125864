import type { Db, Tx } from '../../db/database.ts';
import { prepared } from '../../db/prepared.ts';

/** Whom an end of access concerns. */
export type AccessScope = { memberId: string } | { deviceId: string };

/** A lease, and the peer that its gateway has for it: what the gateway is told to forget when the lease ends. */
export interface LeasePeer {
  leaseId: string;
  deviceId: string;
  gatewayId: string;
  publicKey: string;
}

/** A `LeasePeer`, wherever the table `lease` is read or returned. */
export const peerColumns = [
  'lease.id as leaseId',
  'lease.device_id as deviceId',
  'lease.gateway_id as gatewayId',
  'lease.wg_public_key as publicKey',
] as const;

/** Every lease that is alive now, to be narrowed. */
export function selectLivePeers(db: Db) {
  return db.selectFrom('lease').select(peerColumns).where('ended_at', 'is', null);
}

const ofMember = prepared<{ id: string }, LeasePeer>((db, param) =>
  selectLivePeers(db).where('member_id', '=', param('id')),
);
const ofDevice = prepared<{ id: string }, LeasePeer>((db, param) =>
  selectLivePeers(db).where('device_id', '=', param('id')),
);

/** The leases of the scope that are alive now. */
export async function livePeers(db: Db | Tx, scope: AccessScope): Promise<LeasePeer[]> {
  const { rows } =
    'memberId' in scope
      ? await ofMember(db, { id: scope.memberId })
      : await ofDevice(db, { id: scope.deviceId });
  return rows;
}

const memberWithLeases = prepared<{ id: string }, { [K in keyof LeasePeer]: LeasePeer[K] | null }>(
  (db, param) =>
    db
      .selectFrom('member')
      .leftJoin('lease', (join) =>
        join.onRef('lease.member_id', '=', 'member.id').on('lease.ended_at', 'is', null),
      )
      .select(peerColumns)
      .where('member.id', '=', param('id'))
      .where('member.removed_at', 'is', null),
);

/** The same in one question for a member who may not exist: null then. */
export async function livePeersOfMember(db: Db | Tx, memberId: string): Promise<LeasePeer[] | null> {
  const { rows } = await memberWithLeases(db, { id: memberId });
  if (rows.length === 0) return null;
  return rows.flatMap(({ leaseId, deviceId, gatewayId, publicKey }) =>
    leaseId !== null && deviceId !== null && gatewayId !== null && publicKey !== null
      ? [{ leaseId, deviceId, gatewayId, publicKey }]
      : [],
  );
}

/** One lease, alive or ended, and how far its end has come. Times are milliseconds since 1970. */
interface LeaseState extends LeasePeer {
  endedAt: number | null;
  enforcedAt: number | null;
}

const leaseOfDevice = prepared<{ leaseId: string; deviceId: string }, LeaseState>((db, param) =>
  db
    .selectFrom('lease')
    .select([...peerColumns, 'ended_at as endedAt', 'enforced_at as enforcedAt'])
    .where('id', '=', param('leaseId'))
    .where('device_id', '=', param('deviceId')),
);

/** Undefined when the device never had this lease. */
export async function leaseState(
  db: Db | Tx,
  lease: { leaseId: string; deviceId: string },
): Promise<LeaseState | undefined> {
  const { rows } = await leaseOfDevice(db, lease);
  return rows[0];
}
