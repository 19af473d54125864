import type { Tx } from '../db/database.ts';
import { type AuditEntry, appendAudit } from './audit-log.ts';

const HOUR_MS = 3_600_000;

/** The same by the same is written once an hour: who keeps trying must not fill the log. */
export async function appendOnceAnHour(tx: Tx, entry: AuditEntry & { subject: string }): Promise<void> {
  const since = entry.at - HOUR_MS;
  const lately = await tx
    .selectFrom('audit')
    .select('seq')
    .where('subject', '=', entry.subject)
    .where('action', '=', entry.action)
    .where('at', '>', since)
    // By rows of this hour, and not by all that there ever were about the subject.
    .where('seq', '>=', (eb) =>
      eb.selectFrom('audit').select('seq').where('at', '>', since).orderBy('at').limit(1),
    )
    .limit(1)
    .executeTakeFirst();
  if (!lately) await appendAudit(tx, entry);
}
