import * as z from 'zod';
import { appendAudit } from '../audit/audit-log.ts';
import type { ServerContext } from '../context.ts';
import type { Db, Tx } from '../db/database.ts';
import { enqueueMail } from '../mail/outbox.ts';
import { presentOwners } from '../people/members/owner-rules.ts';
import { expiryStage } from './expiry.ts';
import type { CertificateFacts } from './server-certificate.ts';

const ACTION = 'certificate.expiry';
const details = z.object({ days: z.number() });

/**
 * Tells every owner by mail, and the audit log, that the certificate expires: once for each stage, also across restarts.
 * To be called now and then.
 */
export async function tellExpiry(ctx: ServerContext, facts: CertificateFacts): Promise<void> {
  const now = ctx.now();
  const days = expiryStage(facts, now);
  if (days === null) return;
  const subject = `certificate:${facts.fingerprint}`;
  const isTold = async (db: Db | Tx): Promise<boolean> => {
    const told = await db
      .selectFrom('audit')
      .select('details_json')
      .where('subject', '=', subject)
      .where('action', '=', ACTION)
      .execute();
    return told.some(({ details_json }) => details.parse(JSON.parse(details_json)).days <= days);
  };
  // Asked now and then: without the write lock first.
  if (await isTold(ctx.database.db)) return;
  await ctx.database.db.transaction().execute(async (tx) => {
    if (await isTold(tx)) return;
    const notAfter = new Date(facts.notAfter).toISOString();
    const { host } = facts;
    const outcome = days === 0 ? 'failed' : 'ok';
    await appendAudit(tx, {
      ...{ at: now, actor: 'server', action: ACTION, subject, outcome },
      details: { host, notAfter, days },
    });
    const at = new Date(now).toISOString();
    for (const { id } of await presentOwners(tx).execute())
      await enqueueMail(tx, ctx, id, { kind: 'certificate-expiring', at, host, notAfter, days });
  });
}
