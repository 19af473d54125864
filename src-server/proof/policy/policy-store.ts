import { type Policy, policySchema } from '../../../src-shared/policy.ts';
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
