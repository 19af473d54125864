import { type Policy, policySchema } from '../../../src-shared/policy.ts';
import { storeEvent } from '../../access/channel/event-store.ts';
import { type RecordedEnd, recordEnd } from '../../access/enforcement/record-end.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import type { Db, Tx } from '../../db/database.ts';
import { prepared } from '../../db/prepared.ts';

/** The policy in force; the defaults of the schema until somebody has saved one. */
export async function readPolicy(db: Db | Tx): Promise<Policy> {
  const { rows } = await storedPolicy(db, {});
  const json = rows[0]?.policy_json ?? '{}';
  if (lastRead?.json !== json) lastRead = { json, policy: policySchema.parse(JSON.parse(json)) };
  return { ...lastRead.policy };
}

const storedPolicy = prepared<Record<string, never>, { policy_json: string }>((db) =>
  db.selectFrom('policy').select('policy_json').where('id', '=', 1),
);
/** The same text is the same policy: parsing it costs more than reading it. */
let lastRead: { json: string; policy: Policy } | null = null;

/** Whether a connection that was let in under `before` might not have been let in under `after`. */
export function isTightened(before: Policy, after: Policy): boolean {
  return (
    (after.totpPriorConnection && !before.totpPriorConnection) ||
    (after.unlockPriorConnection && !before.unlockPriorConnection) ||
    (after.unlockPriorConnection &&
      (before.unlockMethods.some((method) => !after.unlockMethods.includes(method)) ||
        after.softUnlockHours < before.softUnlockHours ||
        codeLife(after) < codeLife(before)))
  );
}

/** How many days a code lasts; for ever when none is asked for by age. */
function codeLife({ codeEveryDays }: Policy): number {
  return codeEveryDays === 0 ? Number.POSITIVE_INFINITY : codeEveryDays;
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
    const reason = {
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
