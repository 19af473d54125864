import * as z from 'zod';
import { MAX_NETWORKS } from '../../../src-shared/gateway-limits.ts';
import {
  GUARD_LIFE_SECONDS,
  GUARD_TYPE,
  type GuardClaims,
  type GuardMode,
} from '../../../src-shared/guard.ts';
import { LEASE_AUDIENCE } from '../../../src-shared/lease.ts';
import type { Policy } from '../../../src-shared/policy.ts';
import type { Tx } from '../../db/database.ts';
import { prepared } from '../../db/prepared.ts';
import type { GatewayRow } from '../../db/schema.ts';
import type { ServerKeys } from '../../keys/server-keys.ts';
import { signToken } from '../../keys/signed-token.ts';
import { readPolicy } from '../../proof/policy/policy-store.ts';
import { storeEvent } from '../channel/event-store.ts';
import type { AccessScope } from '../enforcement/lease-peers.ts';
import type { DeviceFrame } from '../enforcement/record-end.ts';
import type { ControlAddresses } from '../lease/control-addresses.ts';

/** What a guard is made of beside the record. */
export interface GuardSource {
  keys: ServerKeys;
  control: Pick<ControlAddresses, 'current' | 'isUnknown'>;
}

interface GuardRequest {
  deviceId: string;
  policy: Policy;
  /** Milliseconds since 1970. */
  now: number;
  /** In place of the policy's. */
  mode?: GuardMode;
  /** Where the device is being connected; otherwise what its newest lease says. */
  gateway?: Pick<GatewayRow, 'allowed_ips_json'>;
}

/**
 * The device's newest guard, still to be signed. Its `seq` is written in this transaction and only ever rises, also
 * when the clock was set back. Null while nobody knows where this server is: what holds traffic back without leaving
 * the way here open would lock the device out, so that it keeps what it has.
 */
export async function guardFor(
  tx: Tx,
  { keys, control }: GuardSource,
  { deviceId, policy, now, mode = policy.trafficWhileWaiting, gateway }: GuardRequest,
): Promise<GuardClaims | null> {
  if (mode !== 'off' && control.isUnknown) return null;
  const networks = gateway ? networksOf([gateway]) : await networksFor(tx, deviceId);
  const { rows } = await takeSeq(tx, { id: deviceId, now });
  const [device] = rows;
  if (!device) throw new Error(`no device ${deviceId}`);
  const iat = Math.floor(now / 1000);
  return {
    iss: keys.serverKey.issuer,
    aud: LEASE_AUDIENCE,
    sub: deviceId,
    iat,
    seq: device.guard_seq,
    mode,
    networks,
    control: [...control.current],
    allowLan: policy.guardAllowLan,
    portalMinutes: policy.guardPortalMinutes,
    userMayRelease: policy.guardUserMayRelease,
    until: iat + GUARD_LIFE_SECONDS,
  };
}

/** Whether the device ever had a lease. */
export async function wasConnected(tx: Tx, deviceId: string): Promise<boolean> {
  const { rows } = await lastGateway(tx, { deviceId });
  return rows.length > 0;
}

export function signGuard(keys: ServerKeys, claims: GuardClaims): string {
  return signToken(keys, GUARD_TYPE, claims);
}

/** A newly signed guard as the next frame of the device's channel; none where there is no guard (`guardFor`). */
export async function storeGuard(tx: Tx, source: GuardSource, request: GuardRequest): Promise<DeviceFrame[]> {
  const claims = await guardFor(tx, source, request);
  if (!claims) return [];
  const guard = signGuard(source.keys, claims);
  const { deviceId, now } = request;
  return [{ deviceId, frame: await storeEvent(tx, deviceId, { type: 'guard', guard }, now) }];
}

/** The guard with mode `off` for a device that signs out; null where it was never given one. */
export async function releasingGuard(
  tx: Tx,
  source: GuardSource,
  { deviceId, now }: { deviceId: string; now: number },
): Promise<GuardClaims | null> {
  const [held] = await heldDevices(tx, { deviceId });
  if (!held) return null;
  return guardFor(tx, source, { deviceId, policy: await readPolicy(tx), now, mode: 'off' });
}

/** The same as frames, for devices that are about to be removed: they hear it before they hear that they are. */
export async function storeReleases(
  tx: Tx,
  source: GuardSource,
  scope: AccessScope,
  now: number,
): Promise<DeviceFrame[]> {
  const policy = await readPolicy(tx);
  const frames: DeviceFrame[] = [];
  for (const { id: deviceId } of await heldDevices(tx, scope))
    frames.push(...(await storeGuard(tx, source, { deviceId, policy, now, mode: 'off' })));
  return frames;
}

/** The devices of the scope that were ever given a guard. */
function heldDevices(tx: Tx, scope: AccessScope): Promise<{ id: string }[]> {
  const devices = tx
    .selectFrom('device')
    .select('id')
    .where('removed_at', 'is', null)
    .where('guard_seq', '>', 0);
  return (
    'memberId' in scope
      ? devices.where('member_id', '=', scope.memberId)
      : devices.where('id', '=', scope.deviceId)
  ).execute();
}

const takeSeq = prepared<{ id: string; now: number }, { guard_seq: number }>((db, param) =>
  db
    .updateTable('device')
    .set((eb) => ({ guard_seq: eb.fn<number>('max', [eb('guard_seq', '+', 1), eb.val(param('now'))]) }))
    .where('id', '=', param('id'))
    .returning('guard_seq'),
);

type LastGateway = Pick<GatewayRow, 'allowed_ips_json' | 'removed_at'>;
const lastGateway = prepared<{ deviceId: string }, LastGateway>((db, param) =>
  db
    .selectFrom('lease')
    .innerJoin('gateway', 'gateway.id', 'lease.gateway_id')
    .select(['gateway.allowed_ips_json', 'gateway.removed_at'])
    .where('lease.device_id', '=', param('deviceId'))
    .orderBy('lease.begun_at', 'desc')
    .orderBy('lease.id', 'desc')
    .limit(1),
);

/** What the tunnel is for: at the gateway that the device was at last; where that is gone, at any. */
async function networksFor(tx: Tx, deviceId: string): Promise<string[]> {
  const { rows } = await lastGateway(tx, { deviceId });
  const [last] = rows;
  if (last && last.removed_at === null) return networksOf([last]);
  const gateways = await tx
    .selectFrom('gateway')
    .select('allowed_ips_json')
    .where('removed_at', 'is', null)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return networksOf(gateways);
}

const networkList = z.array(z.string());

function networksOf(gateways: readonly Pick<GatewayRow, 'allowed_ips_json'>[]): string[] {
  const all = gateways.flatMap(({ allowed_ips_json }) => networkList.parse(JSON.parse(allowed_ips_json)));
  return [...new Set(all)].slice(0, MAX_NETWORKS);
}
