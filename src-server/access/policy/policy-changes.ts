import type { KnownReason } from '../../../src-shared/challenge.ts';
import type { PolicyAnswer, UnguardedDevice } from '../../../src-shared/panel/policy.ts';
import type { Policy } from '../../../src-shared/policy.ts';
import { fail, ok, type Result } from '../../../src-shared/problem.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import { namesOf } from '../../audit/audit-names.ts';
import type { Db, Tx } from '../../db/database.ts';
import { isTightened, readPolicy } from '../../proof/policy/policy-store.ts';
import { storeEvent } from '../channel/event-store.ts';
import { type RecordedEnd, recordEnd } from '../enforcement/record-end.ts';
import type { GuardSource } from '../guard/guard.ts';
import { tellGuards } from '../guard/tell-guards.ts';
import { exemptDevices, holdsMore, unguardedDevices } from '../guard/unguarded-devices.ts';

interface PolicyChange {
  policy: Policy;
  /** As in `AuditEntry`. */
  actor: string;
  ip?: string | null;
  now: number;
  guards: GuardSource;
}

/** Devices that cannot hold traffic back and may connect all the same: by id, or all that are in use. */
export type Exempt = readonly string[] | 'all';

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
  change: PolicyChange & { version: number; exempt: Exempt },
): Promise<Result<RecordedEnd>> {
  const current = await readVersionedPolicy(tx);
  if (current.version !== change.version) return fail('policy-changed', undefined, { current });
  return savePolicyExempting(tx, change);
}

/**
 * Saves, unless more would be held back from now on and devices are in use that cannot, and are not exempt:
 * `guard-unsupported` with `guardUnsupportedExtra`. `wrong-state` where devices could not keep the way to this server
 * open. Answers besides which of `exempt` became so.
 */
export async function savePolicyExempting(
  tx: Tx,
  change: PolicyChange & { exempt: Exempt },
): Promise<Result<RecordedEnd & { exempted: UnguardedDevice[] }>> {
  const { policy, exempt, now, guards } = change;
  const isStricter = holdsMore(await readPolicy(tx), policy);
  if (isStricter && guards.control.isUnknown)
    return fail(
      'wrong-state',
      'DNS does not say where this server is, so a device that holds traffic back could not reach it. Set publicAddresses in its configuration first.',
    );
  const cannot = policy.trafficWhileWaiting === 'off' ? [] : await unguardedDevices(tx, now);
  const exempted = cannot.filter(({ id }) => exempt === 'all' || exempt.includes(id));
  const devices = cannot.filter((device) => !exempted.includes(device));
  if (devices.length > 0 && isStricter) return fail('guard-unsupported', whyUnguarded(devices), { devices });
  await exemptDevices(tx, exempted);
  return ok({ ...(await savePolicy(tx, { ...change, exempted })), exempted });
}

/** Who is in the way, and what to do first: a device that has not told yet what its helper can may be able. */
function whyUnguarded(devices: readonly UnguardedDevice[]): string {
  const silent = devices.filter(({ helperVersion }) => helperVersion === null).length;
  const isOne = devices.length === 1;
  const [who, has, them] = isOne
    ? ['One device that is in use', 'has', 'it']
    : [`${devices.length} devices that are in use`, 'have', 'them'];
  const notTold = `${has} not told yet whether ${isOne ? 'it' : 'they'} can`;
  if (silent === devices.length)
    return `${who} ${notTold} hold traffic back, and might not connect any more. Nothing was saved: exempt ${them}, or let ${them} connect once first.`;
  if (silent === 0)
    return `${who} cannot hold traffic back and could not connect any more. Nothing was saved: exempt ${them}, or update ${them} first.`;
  return `${who} cannot hold traffic back or ${notTold}, and could not connect any more. Nothing was saved: exempt them, or first update those that cannot and let the others connect once.`;
}

/**
 * Replaces the policy. Tightening ends every live lease and bumps every epoch in the same transaction; a shorter
 * longest connection shortens the leases that live. A running server enforces and tells what was recorded here: by
 * itself within a second, or at once when the answer is given to `Enforcement.carryOut`.
 */
export async function savePolicy(
  tx: Tx,
  change: PolicyChange & { exempted?: readonly UnguardedDevice[] },
): Promise<RecordedEnd> {
  const { policy, actor, now, guards, exempted = [] } = change;
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
  const exemptions = exempted.length > 0 ? { exemptDevices: exempted.map(({ id }) => id) } : {};
  const details = { ...changed, ...exemptions };
  await appendAudit(tx, { at: now, actor, action: 'policy.change', outcome: 'ok', ip, details });

  const devices = await devicesWith(tx, 'session', now);
  for (const { id: deviceId } of devices)
    recorded.frames.push({
      deviceId,
      frame: await storeEvent(tx, deviceId, { type: 'policy', policy }, now),
    });

  recorded.frames.push(...(await tellGuards(tx, guards, { before, policy, now })));

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
