import { changedRules, type Policy, type PolicyRule } from '../../../src-shared/policy.ts';
import type { Tx } from '../../db/database.ts';
import type { DeviceFrame } from '../enforcement/record-end.ts';
import { type GuardSource, storeGuard } from './guard.ts';
import { devicesInUse } from './unguarded-devices.ts';

/** What a guard takes from the policy. */
const guardRules = [
  'trafficWhileWaiting',
  'guardAllowLan',
  'guardPortalMinutes',
  'guardUserMayRelease',
] as const satisfies readonly PolicyRule[];

/**
 * When a policy is saved that changes what is held back: a new guard for every device in use that can hold traffic
 * back and has been connected before. One that has not gets its first with its first lease.
 */
export async function tellGuards(
  tx: Tx,
  source: GuardSource,
  { before, policy, now }: { before: Policy; policy: Policy; now: number },
): Promise<DeviceFrame[]> {
  const changed = changedRules(before, policy);
  if (!guardRules.some((rule) => changed.has(rule))) return [];
  const devices = await devicesInUse(tx, now)
    .select('device.id')
    .where('device.can_guard', '=', 1)
    .where(({ exists, selectFrom }) =>
      exists(selectFrom('lease').select('lease.id').whereRef('lease.device_id', '=', 'device.id')),
    )
    .execute();
  const frames: DeviceFrame[] = [];
  for (const { id: deviceId } of devices)
    frames.push(...(await storeGuard(tx, source, { deviceId, policy, now })));
  return frames;
}
