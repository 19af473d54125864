import { appendAudit } from '../../audit/audit-log.ts';
import type { Tx } from '../../db/database.ts';

/** An owner stands for a token that a restore has suspended: it works again. False when there is none that waits. */
export async function confirmApiToken(
  tx: Tx,
  { id, actor, ip = null, now }: { id: string; actor: string; ip?: string | null; now: number },
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('api_token')
    .set({ suspended_at: null })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .where('suspended_at', 'is not', null)
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) return false;
  await appendAudit(tx, {
    at: now,
    actor,
    action: 'api-token.confirm',
    subject: `api-token:${id}`,
    outcome: 'ok',
    ip,
  });
  return true;
}
