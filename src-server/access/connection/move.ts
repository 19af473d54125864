import type { Policy } from '../../../src-shared/policy.ts';
import type { Tx } from '../../db/database.ts';
import { prepared } from '../../db/prepared.ts';
import type { DeviceRow, LeaseRow } from '../../db/schema.ts';
import type { GatewayRegistry } from '../gateway/gateway-registry.ts';

/** A gateway that dies without a word is missed after 30 s, and its clients need a moment more. */
const NOTICED_AFTER_MS = 60_000;

interface Move {
  device: DeviceRow;
  policy: Policy;
  /** The lease that is to go on at another gateway. */
  leaseId: string;
  wgPublicKey: string;
  gatewayId: string;
  registry: Pick<GatewayRegistry, 'isOnline' | 'isRevoked'>;
  now: number;
}

/**
 * The lease that a connect to another gateway may follow without a new proof: it lives and is this device's, of this
 * epoch and this key pair, and the server itself does not hear its gateway. A copied session token is not enough: the
 * private key is not in it. Null: the connect is one as any other.
 */
export async function leaseToMove(tx: Tx, move: Move): Promise<LeaseRow | null> {
  const { device, policy, leaseId, wgPublicKey, gatewayId, registry, now } = move;
  if (!policy.moveWithoutCode) return null;
  const { rows } = await leaseById(tx, { leaseId, deviceId: device.id });
  const [lease] = rows;
  if (!lease || lease.expires_at <= now || lease.epoch !== device.epoch) return null;
  if (lease.wg_public_key !== wgPublicKey || lease.gateway_id === gatewayId) return null;
  // A gateway that is away cannot say that a connection is idle; what it said last can.
  const aliveAt = lease.last_handshake_at ?? lease.begun_at;
  if (aliveAt < now - policy.idleSeconds * 1000 - NOTICED_AFTER_MS) return null;
  return registry.isOnline(lease.gateway_id) || registry.isRevoked(lease.id) ? null : lease;
}

const leaseById = prepared<{ leaseId: string; deviceId: string }, LeaseRow>((db, param) =>
  db
    .selectFrom('lease')
    .selectAll()
    .where('id', '=', param('leaseId'))
    .where('device_id', '=', param('deviceId'))
    .where('ended_at', 'is', null),
);
