import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { KnownReason } from '../../../src-shared/challenge.ts';
import type { Policy } from '../../../src-shared/policy.ts';
import { type Problem, problem } from '../../../src-shared/problem.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import type { ServerContext } from '../../context.ts';
import type { Tx } from '../../db/database.ts';
import { prepared } from '../../db/prepared.ts';
import type { DeviceRow, GatewayRow, LeaseRow } from '../../db/schema.ts';
import type { AcceptedProof } from '../../proof/unlock/accepted-proof.ts';
import { type RecordedEnd, recordLeaseEnd } from '../enforcement/record-end.ts';
import { subnet6Of } from '../gateway/gateway-settings.ts';
import { addressesFor, type DeviceAddresses } from '../lease/address-pool.ts';

export interface BegunLease {
  leaseId: string;
  gateway: GatewayRow & { public_key: string; endpoint: string };
  wgPublicKey: string;
  presharedKey: string;
  addresses: DeviceAddresses;
  epoch: number;
  begunAt: number;
  expiresAt: number;
  /** As in `LeaseRow.proof_lease_id`. */
  proofLeaseId: string | null;
  /** The lease that this one took the place of, when its peer has to go. */
  replaced: RecordedEnd | null;
}

/**
 * Writes the lease, in the transaction that accepted the proof. A device has one lease: an older one ends. With the
 * same key on the same gateway it is a renewal: the peer and its pre-shared key stay, so that no packet is lost.
 */
export async function beginLease(
  tx: Tx,
  ctx: ServerContext,
  input: {
    device: DeviceRow;
    gateway: GatewayRow & { public_key: string; endpoint: string };
    policy: Policy;
    wgPublicKey: string;
    /** What the proof of this connection leaves on the device. */
    accepted: AcceptedProof;
    /** The lease whose time and proof this one takes over. */
    moved: LeaseRow | null;
    actor: string;
    ip: string | null;
  },
): Promise<BegunLease | Problem> {
  const { device, gateway, policy, wgPublicKey, accepted, moved, actor, ip } = input;
  const now = ctx.now();
  const { rows: others } = await leasesWithKey(tx, { wgPublicKey, deviceId: device.id });
  if (others.length > 0 || wgPublicKey === gateway.public_key)
    return problem('invalid-request', 'wgPublicKey: is in use; make a new key pair for every connection');
  const addresses = await addressesFor(tx, {
    gatewayId: gateway.id,
    deviceId: device.id,
    subnet: gateway.subnet,
    subnet6: subnet6Of(gateway),
  });
  if (!addresses) return problem('device-limit');

  const { rows: live } = await liveLease(tx, { deviceId: device.id });
  const [old] = live;
  const isRenewal = old?.wg_public_key === wgPublicKey && old.gateway_id === gateway.id;
  let replaced: RecordedEnd | null = null;
  if (old) {
    const reason: KnownReason = {
      code: 'replaced',
      message: moved
        ? 'Its gateway did not answer; it goes on at another one.'
        : isRenewal
          ? 'Renewed with a fresh proof.'
          : 'Replaced by a newer connection of this device.',
      at: new Date(now).toISOString(),
    };
    const end = await recordLeaseEnd(tx, old.id, { reason, actor, ip, now });
    if (isRenewal) await tx.updateTable('lease').set({ enforced_at: now }).where('id', '=', old.id).execute();
    else replaced = end;
  }

  const leaseId = uuidv7();
  const presharedKey = isRenewal ? ctx.keys.sealedBox.open(old.preshared_key_sealed) : randomBytes(32);
  const longest = now + policy.maxConnectionSeconds * 1000;
  const expiresAt = moved ? Math.min(moved.expires_at, longest) : longest;
  const proofLeaseId = moved ? (moved.proof_lease_id ?? moved.id) : null;
  await insertLease(tx, {
    id: leaseId,
    device_id: device.id,
    member_id: device.member_id,
    gateway_id: gateway.id,
    proof_lease_id: proofLeaseId,
    epoch: device.epoch,
    wg_public_key: wgPublicKey,
    preshared_key_sealed: isRenewal ? old.preshared_key_sealed : ctx.keys.sealedBox.seal(presharedKey),
    ...addresses,
    settings_at: gateway.settings_at,
    begun_at: now,
    expires_at: expiresAt,
  });
  await writeAccepted(tx, { ...device, ...accepted, now });
  await appendAudit(tx, {
    at: now,
    actor,
    action: 'lease.begin',
    subject: `lease:${leaseId}`,
    outcome: 'ok',
    ip,
    details: {
      ...{ deviceId: device.id, gatewayId: gateway.id, address: addresses.address },
      ...(addresses.address6 === null ? {} : { address6: addresses.address6 }),
      ...{ epoch: device.epoch, renewal: isRenewal },
      ...(moved ? { moveOf: moved.id, proofLeaseId } : {}),
    },
  });
  return {
    leaseId,
    gateway,
    wgPublicKey,
    presharedKey: Buffer.from(presharedKey).toString('base64url'),
    addresses,
    epoch: device.epoch,
    begunAt: now,
    expiresAt,
    proofLeaseId,
    replaced,
  };
}

const writeAccepted = prepared<Required<AcceptedProof> & { id: string; now: number }, unknown>((db, param) =>
  db
    .updateTable('device')
    .set({
      soft_base_at: param('soft_base_at'),
      code_proof_at: param('code_proof_at'),
      is_code_demanded: param('is_code_demanded'),
      grace_until: param('grace_until'),
      grace_epoch: param('grace_epoch'),
      gate_reason_json: null,
      last_seen_at: param('now'),
    })
    .where('id', '=', param('id')),
);

const leasesWithKey = prepared<{ wgPublicKey: string; deviceId: string }, { id: string }>((db, param) =>
  db
    .selectFrom('lease')
    .select('id')
    .where('wg_public_key', '=', param('wgPublicKey'))
    .where('ended_at', 'is', null)
    .where('device_id', '!=', param('deviceId')),
);

const liveLease = prepared<{ deviceId: string }, LeaseRow>((db, param) =>
  db.selectFrom('lease').selectAll().where('device_id', '=', param('deviceId')).where('ended_at', 'is', null),
);

type NewLease = Pick<
  LeaseRow,
  | 'id'
  | 'device_id'
  | 'member_id'
  | 'gateway_id'
  | 'proof_lease_id'
  | 'epoch'
  | 'wg_public_key'
  | 'preshared_key_sealed'
  | 'address'
  | 'address6'
  | 'settings_at'
  | 'begun_at'
  | 'expires_at'
>;
const insertLease = prepared<NewLease, unknown>((db, param) =>
  db.insertInto('lease').values({
    id: param('id'),
    device_id: param('device_id'),
    member_id: param('member_id'),
    gateway_id: param('gateway_id'),
    proof_lease_id: param('proof_lease_id'),
    epoch: param('epoch'),
    wg_public_key: param('wg_public_key'),
    preshared_key_sealed: param('preshared_key_sealed'),
    address: param('address'),
    address6: param('address6'),
    settings_at: param('settings_at'),
    begun_at: param('begun_at'),
    expires_at: param('expires_at'),
    ended_at: null,
    end_reason_json: null,
    enforced_at: null,
    notified_at: null,
    rx_bytes: 0,
    tx_bytes: 0,
    last_handshake_at: null,
  }),
);
