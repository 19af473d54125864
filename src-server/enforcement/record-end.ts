import type { Reason } from '../../src-shared/challenge.ts';
import type { StoredFrame } from '../../src-shared/client-channel.ts';
import type { Policy } from '../../src-shared/policy.ts';
import { appendAudit } from '../audit/audit-log.ts';
import { makeChallenge, requirementsOf, saveChallenge } from '../challenge/challenge-store.ts';
import { insertEvent } from '../channel/event-store.ts';
import type { Db, Tx } from '../db/database.ts';
import type { AccessScope } from './enforcement.ts';

/** What a gateway has to be told to forget. */
export interface LivePeer {
  leaseId: string;
  deviceId: string;
  gatewayId: string;
  publicKey: string;
}

export interface RecordedEnd {
  ended: LivePeer[];
  /** One frame for each device that had a lease, or, with `signOut`, for each device of the scope. */
  frames: DeviceFrame[];
}

export interface DeviceFrame {
  deviceId: string;
  frame: StoredFrame;
}

/** The leases of the scope that are alive now. */
export async function livePeers(db: Db | Tx, scope: AccessScope): Promise<LivePeer[]> {
  let query = db
    .selectFrom('lease')
    .select([
      'id as leaseId',
      'device_id as deviceId',
      'gateway_id as gatewayId',
      'wg_public_key as publicKey',
    ])
    .where('ended_at', 'is', null);
  query =
    'memberId' in scope
      ? query.where('member_id', '=', scope.memberId)
      : query.where('device_id', '=', scope.deviceId);
  return query.execute();
}

/** Ends one lease in the record; the gateway still has to confirm (`enforced_at`). */
export async function endLease(
  tx: Tx,
  lease: LivePeer,
  { reason, actor, ip, now }: { reason: Reason; actor: string; ip: string | null; now: number },
): Promise<void> {
  await tx
    .updateTable('lease')
    .set({ ended_at: now, end_reason_json: JSON.stringify(reason) })
    .where('id', '=', lease.leaseId)
    .where('ended_at', 'is', null)
    .execute();
  await appendAudit(tx, {
    at: now,
    actor,
    action: 'lease.end',
    subject: `lease:${lease.leaseId}`,
    outcome: 'ok',
    ip,
    details: { reason: reason.code, deviceId: lease.deviceId, gatewayId: lease.gatewayId },
  });
}

/**
 * The record of an end of access, inside the caller's transaction: leases end, the epoch of every device of the
 * scope moves (whatever was proven before is worthless), audit and events are written, and the next challenge goes
 * with the frame. `keepEpoch` is for an end that nobody asked for (expiry, idle): it voids no proof. `onFrames` hears
 * of the frames before anything is written; should the transaction fail, the channels that took them must be closed.
 */
export async function recordEnd(
  tx: Tx,
  input: {
    scope: AccessScope;
    reason: Reason;
    actor: string;
    ip: string | null;
    now: number;
    policy: Policy;
    signOut?: boolean;
    keepEpoch?: boolean;
    onFrames?: (frames: DeviceFrame[]) => void;
    /** Frames that went out in an earlier try: written as they were where they still fit, so that the prompt stays good. */
    sent?: DeviceFrame[];
  },
): Promise<RecordedEnd> {
  const { scope, reason, now } = input;
  const ended = await livePeers(tx, scope);
  const devices = await tx
    .selectFrom('device')
    .select(['id', 'epoch', 'last_seq'])
    .where(
      'memberId' in scope ? 'member_id' : 'id',
      '=',
      'memberId' in scope ? scope.memberId : scope.deviceId,
    )
    .where('removed_at', 'is', null)
    .execute();
  const plans = devices.map((device) => {
    const epoch = input.keepEpoch ? device.epoch : device.epoch + 1;
    const lease = ended.find((peer) => peer.deviceId === device.id);
    const fresh = frameFor({ deviceId: device.id, epoch, seq: device.last_seq + 1, lease, ...input });
    const sent = input.sent?.find(({ deviceId, frame }) => deviceId === device.id && isSame(frame, fresh));
    const frame = sent?.frame ?? fresh;
    return { deviceId: device.id, epoch, lastSeq: frame?.seq ?? device.last_seq, frame };
  });
  const frames = plans.flatMap(({ deviceId, frame }) => (frame ? [{ deviceId, frame }] : []));
  input.onFrames?.(frames);

  for (const lease of ended) await endLease(tx, lease, input);
  for (const { deviceId, epoch, lastSeq, frame } of plans) {
    await tx
      .updateTable('device')
      .set({ epoch, last_seq: lastSeq, gate_reason_json: JSON.stringify(reason) })
      .where('id', '=', deviceId)
      .execute();
    if (frame?.type === 'disconnect' && frame.challenge)
      await saveChallenge(tx, { deviceId, epoch }, frame.challenge);
    if (frame) await insertEvent(tx, deviceId, frame, now);
  }
  return { ended, frames };
}

/** The same word on the same lease: only the challenge differs. */
function isSame(sent: StoredFrame, fresh: StoredFrame | null): boolean {
  if (sent.type !== 'disconnect' || fresh?.type !== 'disconnect') return false;
  return sent.seq === fresh.seq && sent.epoch === fresh.epoch && sent.leaseId === fresh.leaseId;
}

function frameFor(device: {
  deviceId: string;
  epoch: number;
  seq: number;
  lease: LivePeer | undefined;
  reason: Reason;
  policy: Policy;
  now: number;
  signOut?: boolean;
}): StoredFrame | null {
  const { epoch, seq, lease, reason, policy } = device;
  if (device.signOut) return { type: 'signed-out', seq, reason };
  if (!lease) return null;
  const requires = requirementsOf(policy);
  const challenge = requires.length > 0 ? { challenge: makeChallenge({ ...device, requires }) } : {};
  return { type: 'disconnect', seq, epoch, leaseId: lease.leaseId, reason, ...challenge };
}
