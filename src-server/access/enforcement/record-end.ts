import type { KnownReason } from '../../../src-shared/challenge.ts';
import type { StoredFrame } from '../../../src-shared/client-channel.ts';
import type { Policy } from '../../../src-shared/policy.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import type { Tx } from '../../db/database.ts';
import { prepared } from '../../db/prepared.ts';
import type { DeviceRow } from '../../db/schema.ts';
import { makeChallenge, saveChallenge } from '../../proof/challenge/challenge-store.ts';
import { needsOf, type unlockColumns, unlockDetails } from '../../proof/unlock/unlock-state.ts';
import { insertEvent } from '../channel/event-store.ts';
import { type AccessScope, type LeasePeer, peerColumns } from './lease-peers.ts';

interface EndWords {
  reason: KnownReason;
  actor: string;
  ip: string | null;
  now: number;
}
type LeaseEnd = { id: string; now: number; reason: string };

export interface RecordedEnd {
  ended: LeasePeer[];
  /** One frame for each device that had a lease, or, with `signOut`, for each device of the scope. */
  frames: DeviceFrame[];
}

export interface DeviceFrame {
  deviceId: string;
  frame: StoredFrame;
}

const endLeasesBy = (column: 'member_id' | 'device_id' | 'id') =>
  prepared<LeaseEnd, LeasePeer>((db, param) =>
    db
      .updateTable('lease')
      .set({ ended_at: param('now'), end_reason_json: param('reason') })
      .where(column, '=', param('id'))
      .where('ended_at', 'is', null)
      .returning(peerColumns),
  );
const endLeasesOfMember = endLeasesBy('member_id');
const endLeasesOfDevice = endLeasesBy('device_id');
const endOneLease = endLeasesBy('id');
const devicesOfMember = prepared<{ id: string }, DeviceRow>((db, param) =>
  db.selectFrom('device').selectAll().where('member_id', '=', param('id')).where('removed_at', 'is', null),
);
const deviceById = prepared<{ id: string }, DeviceRow>((db, param) =>
  db.selectFrom('device').selectAll().where('id', '=', param('id')).where('removed_at', 'is', null),
);
type EpochMove = { id: string; epoch: number; softBaseAt: number; lastSeq: number; reason: string };
const moveEpoch = prepared<EpochMove, unknown>((db, param) =>
  db
    .updateTable('device')
    .set({
      epoch: param('epoch'),
      soft_base_at: param('softBaseAt'),
      last_seq: param('lastSeq'),
      gate_reason_json: param('reason'),
    })
    .where('id', '=', param('id')),
);

/**
 * The record of the end of one lease that its device need not hear of; nothing when it has ended already. Its gateway
 * still has to confirm (`enforced_at`).
 */
export async function recordLeaseEnd(tx: Tx, leaseId: string, words: EndWords): Promise<RecordedEnd> {
  const reason = JSON.stringify(words.reason);
  const { rows: ended } = await endOneLease(tx, { id: leaseId, now: words.now, reason });
  for (const lease of ended) await auditEnd(tx, lease, words);
  return { ended, frames: [] };
}

function auditEnd(tx: Tx, lease: LeasePeer, { reason, actor, ip, now }: EndWords): Promise<void> {
  return appendAudit(tx, {
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
 * The record of an end of access, inside the caller's transaction: leases end, audit and events are written, and the
 * next challenge goes with the frame. The epoch of every device of a scope moves: whatever was proven before is
 * worthless, the window of a soft unlock closes. The end of one lease (`leaseId`: nobody asked for it) voids no proof.
 * `onFrames` hears of the frames before the rest is written; should the transaction fail, the channels that took them
 * must be closed.
 */
export async function recordEnd(
  tx: Tx,
  input: EndWords & {
    scope: AccessScope | { leaseId: string };
    policy: Policy;
    signOut?: boolean;
    onFrames?: (frames: DeviceFrame[]) => void;
    /** Frames that went out in an earlier try: written as they were where they still fit, so that the prompt stays good. */
    sent?: DeviceFrame[];
  },
): Promise<RecordedEnd> {
  const { scope, now } = input;
  const reason = JSON.stringify(input.reason);
  const ended = await endLeases(tx, scope, { now, reason });
  const devices = await devicesConcerned(tx, scope, ended);
  const isProofKept = 'leaseId' in scope;
  const plans = devices.map((device) => {
    const epoch = isProofKept ? device.epoch : device.epoch + 1;
    const lease = ended.find((peer) => peer.deviceId === device.id);
    const soft_base_at = isProofKept ? device.soft_base_at : 0;
    const after = { ...device, epoch, soft_base_at };
    const fresh = frameFor({ device: after, seq: device.last_seq + 1, lease, ...input });
    const sent = input.sent?.find(({ deviceId, frame }) => deviceId === device.id && isSame(frame, fresh));
    const frame = sent?.frame ?? fresh;
    return { deviceId: device.id, epoch, soft_base_at, lastSeq: frame?.seq ?? device.last_seq, frame };
  });
  const frames = plans.flatMap(({ deviceId, frame }) => (frame ? [{ deviceId, frame }] : []));
  input.onFrames?.(frames);

  for (const lease of ended) await auditEnd(tx, lease, input);
  for (const { deviceId, epoch, soft_base_at, lastSeq, frame } of plans) {
    await moveEpoch(tx, { id: deviceId, epoch, softBaseAt: soft_base_at, lastSeq, reason });
    if (frame?.type === 'disconnect' && frame.challenge)
      await saveChallenge(tx, { deviceId, epoch, purpose: 'connect' }, frame.challenge);
    if (frame) await insertEvent(tx, deviceId, frame, now);
  }
  return { ended, frames };
}

async function endLeases(
  tx: Tx,
  scope: AccessScope | { leaseId: string },
  words: Omit<LeaseEnd, 'id'>,
): Promise<LeasePeer[]> {
  if ('memberId' in scope) return (await endLeasesOfMember(tx, { id: scope.memberId, ...words })).rows;
  if ('deviceId' in scope) return (await endLeasesOfDevice(tx, { id: scope.deviceId, ...words })).rows;
  return (await endOneLease(tx, { id: scope.leaseId, ...words })).rows;
}

/** A lease that had ended already concerns no device. */
async function devicesConcerned(
  tx: Tx,
  scope: AccessScope | { leaseId: string },
  ended: LeasePeer[],
): Promise<DeviceRow[]> {
  if ('memberId' in scope) return (await devicesOfMember(tx, { id: scope.memberId })).rows;
  const deviceId = 'deviceId' in scope ? scope.deviceId : ended[0]?.deviceId;
  return deviceId === undefined ? [] : (await deviceById(tx, { id: deviceId })).rows;
}

/** The same word on the same lease: only the challenge differs. */
function isSame(sent: StoredFrame, fresh: StoredFrame | null): boolean {
  if (sent.type !== 'disconnect' || fresh?.type !== 'disconnect') return false;
  return sent.seq === fresh.seq && sent.epoch === fresh.epoch && sent.leaseId === fresh.leaseId;
}

/**
 * The grace of a sign-in is left out: the frame asks for what would be asked without it. Where nothing that counts is
 * set up there is no challenge to answer: the client hears `unlock-not-enrolled` when it connects.
 */
function frameFor(input: {
  device: Pick<DeviceRow, 'id' | 'epoch' | (typeof unlockColumns)[number]>;
  seq: number;
  lease: LeasePeer | undefined;
  reason: KnownReason;
  policy: Policy;
  now: number;
  signOut?: boolean;
}): StoredFrame | null {
  const { device, seq, lease, reason, policy, now } = input;
  if (input.signOut) return { type: 'signed-out', seq, reason };
  if (!lease) return null;
  // What is proven for a gateway that is gone leads nowhere: the next question comes with the next choice.
  const isGatewayGone = reason.code === 'gateway-removed';
  const frame = { type: 'disconnect' as const, seq, epoch: device.epoch, leaseId: lease.leaseId, reason };
  const needs = needsOf({ ...device, grace_until: 0, grace_epoch: -1 }, policy, now);
  const { requires, unlockMethods } = needs;
  if (isGatewayGone || requires.length === 0 || (requires.includes('unlock') && unlockMethods.length === 0))
    return frame;
  const details = unlockDetails(device, unlockMethods, now);
  return { ...frame, challenge: makeChallenge({ requires, unlockMethods, details, reason, now }) };
}
