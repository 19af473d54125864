import type { PolicyPreview } from '../../../src-shared/panel/policy.ts';
import { isGated, type Policy } from '../../../src-shared/policy.ts';
import type { Db } from '../../db/database.ts';
import { isTightened, readPolicy } from '../../proof/policy/policy-store.ts';
import { needsOf } from '../../proof/unlock/unlock-state.ts';
import { devicesInUse, unguardedDevices } from '../guard/unguarded-devices.ts';

/** Whom saving `after` would touch now. Nothing is written. */
export async function previewPolicy(db: Db, after: Policy, now: number): Promise<PolicyPreview> {
  const before = await readPolicy(db);
  const tightened = isTightened(before, after);
  const leases = await db
    .selectFrom('lease')
    .innerJoin('device', 'device.id', 'lease.device_id')
    .selectAll('device')
    .select(['lease.begun_at', 'lease.expires_at'])
    .where('lease.ended_at', 'is', null)
    .where('lease.expires_at', '>', now)
    .execute();
  const connected = new Set<string>();
  const affected = new Set<string>();
  const endSooner = new Set<string>();
  const asked = { code: new Set<string>(), unlock: new Set<string>(), setUp: new Set<string>() };
  for (const { begun_at, expires_at, ...device } of leases) {
    connected.add(device.member_id);
    const endsAt = Math.min(expires_at, begun_at + after.maxConnectionSeconds * 1000);
    if (!tightened && endsAt > now) {
      if (endsAt < expires_at) endSooner.add(device.member_id);
      continue;
    }
    affected.add(device.member_id);
    // Tightening voids what was proven before; a connection that has merely run out does not.
    const soft_base_at = tightened ? 0 : device.soft_base_at;
    const state = { ...device, soft_base_at, grace_until: 0, grace_epoch: -1 };
    const { requires, unlockMethods } = needsOf(state, after, now);
    if (requires.includes('totp')) asked.code.add(device.member_id);
    if (requires.includes('unlock'))
      (unlockMethods.length > 0 ? asked.unlock : asked.setUp).add(device.member_id);
  }
  const { devices } = await devicesInUse(db, now)
    .select((eb) => eb.fn.countAll<number>().as('devices'))
    .executeTakeFirstOrThrow();
  return {
    connected: connected.size,
    affected: affected.size,
    askedForCode: asked.code.size,
    askedForUnlock: asked.unlock.size,
    mustSetUpUnlock: asked.setUp.size,
    endSooner: endSooner.size,
    mustSetUpMfa: await newlyWithoutMfa(db, before, after),
    isTightened: tightened,
    isGateOff: !isGated(after),
    devices,
    cannotGuard: after.trafficWhileWaiting === 'off' ? [] : await unguardedDevices(db, now),
  };
}

/** Members without an authenticator, when `after` requires one where `before` did not. */
async function newlyWithoutMfa(db: Db, before: Policy, after: Policy): Promise<number> {
  const isNewly = (surface: 'panel' | 'client'): boolean =>
    after.mfaRequired[surface] && !before.mfaRequired[surface];
  if (!isNewly('panel') && !isNewly('client')) return 0;
  const { count } = await membersWithoutMfa(db)
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
}

/** Members who may sign in and have no authenticator that counts. */
export function membersWithoutMfa(db: Db) {
  return db
    .selectFrom('member')
    .where('member.removed_at', 'is', null)
    .where('member.is_blocked', '=', 0)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('factor')
            .select('factor.id')
            .whereRef('factor.member_id', '=', 'member.id')
            .where('factor.state', '=', 'active'),
        ),
      ),
    );
}
