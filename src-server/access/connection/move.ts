import type { Policy } from '../../../src-shared/policy.ts';
import type { ServerContext } from '../../context.ts';
import type { Db, Tx } from '../../db/database.ts';
import { prepared } from '../../db/prepared.ts';
import type { DeviceRow, LeaseRow } from '../../db/schema.ts';
import type { GatewayRegistry } from '../gateway/gateway-registry.ts';
import type { BegunLease } from './begin-lease.ts';

/** A gateway that dies without a word is missed after 30 s, and its clients need a moment more. */
const NOTICED_AFTER_MS = 60_000;

interface Move {
  device: DeviceRow;
  policy: Policy;
  /** The lease that the client holds, and that is to go on at another gateway. */
  leaseId: string;
  wgPublicKey: string;
  gatewayId: string;
  registry: Pick<GatewayRegistry, 'isOnline' | 'isRevoked'>;
  now: number;
}

/**
 * The living lease that a connect to another gateway may follow without a new proof: this device's, of this epoch and
 * this key pair, and the server itself does not hear the gateway of the one that the client names. A copied session
 * token is not enough: the private key is not in it. Where the named one has gone on already and the client was not
 * told, it is its successor. Null: the connect is one as any other.
 */
export async function leaseToMove(tx: Tx, move: Move): Promise<LeaseRow | null> {
  const { device, policy, leaseId, wgPublicKey, gatewayId, registry, now } = move;
  if (!policy.moveWithoutCode) return null;
  const { rows } = await leaseById(tx, { leaseId, deviceId: device.id });
  const [named] = rows;
  if (!named) return null;
  if ((await lastSignOfLife(tx, named)) < now - policy.idleSeconds * 1000 - NOTICED_AFTER_MS) return null;
  if (named.ended_at === null && (named.gateway_id === gatewayId || registry.isOnline(named.gateway_id)))
    return null;
  const lease = named.ended_at === null ? named : await successorUnheardOf(tx, named);
  if (!lease || lease.expires_at <= now || registry.isRevoked(lease.id)) return null;
  const isSame = [named, lease].every(
    ({ epoch, wg_public_key }) => epoch === device.epoch && wg_public_key === wgPublicKey,
  );
  return isSame ? lease : null;
}

/**
 * A gateway that is away cannot say that a connection is idle; what it said last can. A move is no sign of life: it takes
 * no key, and moves could go on for ever.
 */
async function lastSignOfLife(tx: Tx, { id, device_id, proof_lease_id }: LeaseRow): Promise<number> {
  const proofLeaseId = proof_lease_id ?? id;
  const [proof] = (await leaseById(tx, { leaseId: proofLeaseId, deviceId: device_id })).rows;
  if (!proof) return Number.NEGATIVE_INFINITY;
  const { rows } = await handshakesOnProof(tx, {
    ...{ deviceId: device_id, proofLeaseId },
    since: proof.begun_at,
  });
  return Math.max(proof.begun_at, rows[0]?.newest ?? 0);
}

/**
 * What has taken the place of an ended lease by moving, if it lives. A lease is begun on the proof of another one only
 * while that lives, so between the two nothing but moves can lie. Whoever has shaken hands with the successor holds it:
 * null then.
 */
async function successorUnheardOf(
  db: Db | Tx,
  { id, device_id, proof_lease_id }: LeaseRow,
): Promise<LeaseRow | null> {
  const { rows } = await liveOnProof(db, { deviceId: device_id, proofLeaseId: proof_lease_id ?? id });
  const [live] = rows;
  return live && live.last_handshake_at === null ? live : null;
}

/** The same, by its id, for a lease that the device has let go of; null also while it lives itself. */
export async function successorOf(
  db: Db | Tx,
  lease: { leaseId: string; deviceId: string },
): Promise<LeaseRow | null> {
  const [named] = (await leaseById(db, lease)).rows;
  return named && named.ended_at !== null ? successorUnheardOf(db, named) : null;
}

/** Whether a connection of this proof lives: then what has ended a lease of it is a move that came meanwhile. */
export async function hasMovedOn(
  tx: Tx,
  { proofLeaseId, deviceId }: { proofLeaseId: string | null; deviceId: string },
): Promise<boolean> {
  return proofLeaseId !== null && (await liveOnProof(tx, { deviceId, proofLeaseId })).rows.length > 0;
}

/** A lease that this gateway was told of under the terms of now, once more: the answer before was lost. */
export function leaseAgain(
  { keys, now }: Pick<ServerContext, 'keys' | 'now'>,
  lease: LeaseRow,
  gateway: BegunLease['gateway'],
): BegunLease {
  return {
    leaseId: lease.id,
    gateway,
    wgPublicKey: lease.wg_public_key,
    presharedKey: Buffer.from(keys.sealedBox.open(lease.preshared_key_sealed)).toString('base64url'),
    addresses: { address: lease.address, address6: lease.address6 },
    epoch: lease.epoch,
    // The client sets its clock by it.
    begunAt: now(),
    expiresAt: lease.expires_at,
    proofLeaseId: lease.proof_lease_id,
    replaced: null,
  };
}

const leaseById = prepared<{ leaseId: string; deviceId: string }, LeaseRow>((db, param) =>
  db
    .selectFrom('lease')
    .selectAll()
    .where('id', '=', param('leaseId'))
    .where('device_id', '=', param('deviceId')),
);

const liveOnProof = prepared<{ deviceId: string; proofLeaseId: string }, LeaseRow>((db, param) =>
  db
    .selectFrom('lease')
    .selectAll()
    .where('device_id', '=', param('deviceId'))
    .where('ended_at', 'is', null)
    .where('proof_lease_id', '=', param('proofLeaseId')),
);

type OnProof = { deviceId: string; proofLeaseId: string; since: number };
const handshakesOnProof = prepared<OnProof, { newest: number | null }>((db, param) =>
  db
    .selectFrom('lease')
    .select(({ fn }) => fn.max('last_handshake_at').as('newest'))
    .where('device_id', '=', param('deviceId'))
    .where('begun_at', '>=', param('since'))
    .where(({ or, eb }) =>
      or([eb('id', '=', param('proofLeaseId')), eb('proof_lease_id', '=', param('proofLeaseId'))]),
    ),
);
