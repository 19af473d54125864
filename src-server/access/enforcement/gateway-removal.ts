import type { KnownReason } from '../../../src-shared/challenge.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import type { Tx } from '../../db/database.ts';
import { readPolicy } from '../../proof/policy/policy-store.ts';
import { type RecordedEnd, recordEnd } from './record-end.ts';

/** Removes a gateway: its token is void and its leases end, without voiding anybody's proof. Null when unknown. */
export async function removeGateway(
  tx: Tx,
  { id, actor, ip = null, now }: { id: string; actor: string; ip?: string | null; now: number },
): Promise<RecordedEnd | null> {
  const { numUpdatedRows } = await tx
    .updateTable('gateway')
    .set({ removed_at: now })
    .where('id', '=', id)
    .where('removed_at', 'is', null)
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) return null;
  await appendAudit(tx, {
    at: now,
    actor,
    action: 'gateway.remove',
    subject: `gateway:${id}`,
    outcome: 'ok',
    ip,
  });
  const leases = await tx
    .selectFrom('lease')
    .select('id')
    .where('gateway_id', '=', id)
    .where('ended_at', 'is', null)
    .execute();
  const policy = await readPolicy(tx);
  const reason: KnownReason = {
    code: 'gateway-removed',
    message: 'Your administrator removed this gateway.',
    at: new Date(now).toISOString(),
  };
  const recorded: RecordedEnd = { ended: [], frames: [] };
  for (const { id: leaseId } of leases) {
    const end = await recordEnd(tx, { scope: { leaseId }, reason, actor, ip, now, policy });
    recorded.ended.push(...end.ended);
    recorded.frames.push(...end.frames);
  }
  return recorded;
}
