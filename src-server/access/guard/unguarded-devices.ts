import { isStricter } from '../../../src-shared/guard-mode.ts';
import type { UnguardedDevice } from '../../../src-shared/panel/policy.ts';
import type { Policy } from '../../../src-shared/policy.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import type { Db, Tx } from '../../db/database.ts';

/** Devices that were not removed and hold a living session or lease, to be narrowed. */
export function devicesInUse(db: Db | Tx, now: number) {
  return db
    .selectFrom('device')
    .where('device.removed_at', 'is', null)
    .where(({ or, exists, selectFrom }) =>
      or(
        (['session', 'lease'] as const).map((table) =>
          exists(
            selectFrom(table)
              .select('device_id')
              .whereRef('device_id', '=', 'device.id')
              .where('ended_at', 'is', null)
              .where('expires_at', '>', now),
          ),
        ),
      ),
    );
}

/** Of the devices in use, those that cannot hold traffic back and are not exempt, by member and name. */
export function unguardedDevices(db: Db | Tx, now: number): Promise<UnguardedDevice[]> {
  return devicesInUse(db, now)
    .innerJoin('member', 'member.id', 'device.member_id')
    .select(['device.id', 'device.name', 'device.platform'])
    .select(['member.name as memberName', 'device.helper_version as helperVersion'])
    .where('device.can_guard', '=', 0)
    .where('device.is_guard_exempt', '=', 0)
    .orderBy('member.name')
    .orderBy('device.name')
    .orderBy('device.id')
    .execute();
}

/** Lets these connect although they cannot hold traffic back, until they can. */
export async function exemptDevices(tx: Tx, devices: readonly UnguardedDevice[]): Promise<void> {
  for (const { id } of devices)
    await tx.updateTable('device').set({ is_guard_exempt: 1 }).where('id', '=', id).execute();
}

/** Those that may connect although they cannot hold traffic back, by member and name; also those not in use. */
export function exemptedDevices(db: Db | Tx): Promise<UnguardedDevice[]> {
  return db
    .selectFrom('device')
    .innerJoin('member', 'member.id', 'device.member_id')
    .select(['device.id', 'device.name', 'device.platform'])
    .select(['member.name as memberName', 'device.helper_version as helperVersion'])
    .where('device.removed_at', 'is', null)
    .where('device.is_guard_exempt', '=', 1)
    .orderBy('member.name')
    .orderBy('device.name')
    .orderBy('device.id')
    .execute();
}

/**
 * Takes an exemption back; false where there is none. A connection that there is stays: the next one is refused, where
 * the team has traffic held back.
 */
export async function withdrawExemption(
  tx: Tx,
  withdrawal: { deviceId: string; actor: string; ip: string | null; now: number },
): Promise<boolean> {
  const { deviceId, actor, ip, now } = withdrawal;
  const { numUpdatedRows } = await tx
    .updateTable('device')
    .set({ is_guard_exempt: 0 })
    .where('id', '=', deviceId)
    .where('removed_at', 'is', null)
    .where('is_guard_exempt', '=', 1)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) return false;
  await appendAudit(tx, {
    ...{ at: now, actor, action: 'guard.withdraw-exemption', ip },
    subject: `device:${deviceId}`,
    outcome: 'ok',
  });
  return true;
}

/** Whether more is held back under `after` than under `before`. */
export function holdsMore(before: Policy, after: Policy): boolean {
  return isStricter(after.trafficWhileWaiting, before.trafficWhileWaiting);
}
