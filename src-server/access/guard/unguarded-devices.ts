import { isStricter } from '../../../src-shared/guard-mode.ts';
import type { UnguardedDevice } from '../../../src-shared/panel/policy.ts';
import type { Policy } from '../../../src-shared/policy.ts';
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

/** Whether more is held back under `after` than under `before`. */
export function holdsMore(before: Policy, after: Policy): boolean {
  return isStricter(after.trafficWhileWaiting, before.trafficWhileWaiting);
}
