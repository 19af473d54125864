import type { KnownReason } from '../../../src-shared/challenge.ts';
import type { PolicyAnswer, PolicyPreview } from '../../../src-shared/panel/policy.ts';
import { isGated, type Policy } from '../../../src-shared/policy.ts';
import { fail, ok, type Result } from '../../../src-shared/problem.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import { namesOf } from '../../audit/audit-names.ts';
import type { Db, Tx } from '../../db/database.ts';
import { isTightened, readPolicy } from '../../proof/policy/policy-store.ts';
import { needsOf } from '../../proof/unlock/unlock-state.ts';
import { storeEvent } from '../channel/event-store.ts';
import { type RecordedEnd, recordEnd } from '../enforcement/record-end.ts';

/** The policy in force with its version, and who saved it. */
export async function readVersionedPolicy(db: Db | Tx): Promise<PolicyAnswer> {
  const policy = await readPolicy(db);
  const row = await db.selectFrom('policy').selectAll().where('id', '=', 1).executeTakeFirst();
  if (!row) return { policy, version: 0, updatedAt: null, updatedBy: null };
  const actor = row.updated_by;
  const names = await namesOf(db, actor === null ? [] : [{ actor, subject: null }]);
  return {
    policy,
    version: row.version,
    updatedAt: new Date(row.updated_at).toISOString(),
    updatedBy: actor === null ? null : (names.get(actor) ?? actor),
  };
}

/** Saves, unless somebody has saved since `version` was read: `policy-changed` with the newer one, and nothing is lost. */
export async function savePolicyVersion(
  tx: Tx,
  change: { policy: Policy; version: number; actor: string; ip: string | null; now: number },
): Promise<Result<RecordedEnd>> {
  const current = await readVersionedPolicy(tx);
  if (current.version !== change.version) return fail('policy-changed', undefined, { current });
  return ok(await savePolicy(tx, change));
}

/**
 * Replaces the policy. Tightening ends every live lease and bumps every epoch in the same transaction; a shorter
 * longest connection shortens the leases that live. A running server enforces and tells what was recorded here: by
 * itself within a second, or at once when the answer is given to `Enforcement.carryOut`.
 */
export async function savePolicy(
  tx: Tx,
  change: { policy: Policy; actor: string; now: number; ip?: string | null },
): Promise<RecordedEnd> {
  const { policy, actor, now } = change;
  const recorded: RecordedEnd = { ended: [], frames: [] };
  const before = await readPolicy(tx);
  const policy_json = JSON.stringify(policy);
  await tx
    .insertInto('policy')
    .values({ id: 1, policy_json, version: 1, updated_at: now, updated_by: actor })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet((eb) => ({
        policy_json,
        version: eb('policy.version', '+', 1),
        updated_at: now,
        updated_by: actor,
      })),
    )
    .execute();
  const changed = Object.fromEntries(
    Object.entries(policy).filter(
      ([key, value]) => JSON.stringify(value) !== JSON.stringify(before[key as keyof Policy]),
    ),
  );
  const ip = change.ip ?? null;
  await appendAudit(tx, { at: now, actor, action: 'policy.change', outcome: 'ok', ip, details: changed });

  const devices = await devicesWith(tx, 'session', now);
  for (const { id: deviceId } of devices)
    recorded.frames.push({
      deviceId,
      frame: await storeEvent(tx, deviceId, { type: 'policy', policy }, now),
    });

  if (isTightened(before, policy)) {
    const reason: KnownReason = {
      code: 'policy-changed',
      message: 'Your team now asks for a proof before every connection.',
      at: new Date(now).toISOString(),
    };
    // A lease may outlive the session that it began in.
    const scopes = new Set([...devices, ...(await devicesWith(tx, 'lease', now))].map(({ id }) => id));
    for (const deviceId of scopes) {
      const end = await recordEnd(tx, { scope: { deviceId }, reason, actor, ip, now, policy });
      recorded.ended.push(...end.ended);
      recorded.frames.push(...end.frames);
    }
  }
  await tx
    .updateTable('lease')
    .set((eb) => ({ expires_at: eb('begun_at', '+', policy.maxConnectionSeconds * 1000) }))
    .where('ended_at', 'is', null)
    .whereRef('expires_at', '>', (eb) => eb('begun_at', '+', policy.maxConnectionSeconds * 1000))
    .execute();
  return recorded;
}

/** The devices that hold a living session or lease. */
function devicesWith(tx: Tx, table: 'session' | 'lease', now: number): Promise<{ id: string }[]> {
  return tx
    .selectFrom('device')
    .select('id')
    .where('removed_at', 'is', null)
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom(table)
          .select('device_id')
          .whereRef('device_id', '=', 'device.id')
          .where('ended_at', 'is', null)
          .where('expires_at', '>', now),
      ),
    )
    .execute();
}

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
