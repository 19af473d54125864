import { Counter, Gauge, type Registry } from 'prom-client';
import type { Db } from '../db/database.ts';
import type { MailOutcome } from './mail-sender.ts';

/** What waits, and how the tries went. Returns what is to be called with each outcome. */
export function registerMailMetrics(registry: Registry, db: Db): (outcome: MailOutcome) => void {
  const registers = [registry];
  new Gauge({
    name: 'postern_mail_queue',
    help: 'Mails that no mail server has taken yet',
    registers,
    async collect() {
      const { count } = await db
        .selectFrom('mail')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      this.set(count);
    },
  });
  const tries = new Counter({
    name: 'postern_mails_total',
    help: 'Tries to send a mail: sent, later (will be tried again) or failed (given up)',
    labelNames: ['outcome'],
    registers,
  });
  for (const outcome of ['sent', 'later', 'failed'] as const) tries.inc({ outcome }, 0);
  return (outcome) => tries.inc({ outcome });
}
