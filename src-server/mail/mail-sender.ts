import { appendAudit } from '../audit/audit-log.ts';
import type { ServerContext } from '../context.ts';
import { prepared } from '../db/prepared.ts';
import type { MailRow } from '../db/schema.ts';
import { mailContent, recipientOf } from './mail-content.ts';
import type { MailTransport } from './mail-transport.ts';
import { mailWords } from './mail-words.ts';
import { renderMail } from './render-mail.ts';

const LOOK_EVERY_MS = 1_000;
const BATCH = 20;
const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 15 * 60_000;

type Due = MailRow & { email: string };

/**
 * Sends what lies in the outbox, one after the other, beside everything else. What was not taken is tried again after
 * growing waits, also after a restart, until it is too old. A crash between sending and writing down sends it twice,
 * with the same Message-ID.
 */
export class MailSender {
  readonly #ctx: ServerContext;
  readonly #transport: MailTransport;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | null = null;

  constructor(ctx: ServerContext, transport: MailTransport) {
    this.#ctx = ctx;
    this.#transport = transport;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#running ??= this.sendDue()
        .catch((error: unknown) => this.#ctx.log.error({ err: error }, 'outbox cannot be read'))
        .finally(() => {
          this.#running = null;
        });
    }, LOOK_EVERY_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
    this.#transport.close();
  }

  /** One round: everything that is due now. Rejects only when the database does. */
  async sendDue(): Promise<void> {
    for (;;) {
      const { rows } = await dueMails(this.#ctx.database.db, { now: this.#ctx.now() });
      for (const mail of rows) await this.#send(mail);
      if (rows.length < BATCH) return;
    }
  }

  async #send(mail: Due): Promise<void> {
    const { config, keys, log } = this.#ctx;
    try {
      const content = mailContent.parse(
        JSON.parse(Buffer.from(keys.sealedBox.open(mail.content_sealed)).toString('utf8')),
      );
      const words = mailWords(content, {
        teamName: config.teamName,
        accountUrl: `${config.issuer}/account`,
      });
      const to = recipientOf(content) ?? mail.email;
      await this.#transport.send({ id: mail.id, to, ...renderMail(words, config.teamName) });
    } catch (error) {
      log.warn({ err: error, mailId: mail.id, kind: mail.kind, tries: mail.tries + 1 }, 'mail not sent');
      await this.#later(mail);
      return;
    }
    await this.#finish(mail, 'ok');
  }

  async #later(mail: Due): Promise<void> {
    const now = this.#ctx.now();
    const wait = Math.min(FIRST_WAIT_MS * 2 ** mail.tries, LONGEST_WAIT_MS);
    if (now + wait >= mail.give_up_at) return this.#finish(mail, 'failed');
    await this.#ctx.database.db
      .updateTable('mail')
      .set({ tries: mail.tries + 1, next_try_at: now + wait })
      .where('id', '=', mail.id)
      .execute();
  }

  async #finish(mail: Due, outcome: 'ok' | 'failed'): Promise<void> {
    await this.#ctx.database.db.transaction().execute(async (tx) => {
      await tx.deleteFrom('mail').where('id', '=', mail.id).execute();
      await appendAudit(tx, {
        at: this.#ctx.now(),
        actor: 'server',
        action: 'mail.send',
        subject: `member:${mail.member_id}`,
        outcome,
        details: { kind: mail.kind, tries: mail.tries + 1 },
      });
    });
  }
}

const dueMails = prepared<{ now: number }, Due>((db, param) =>
  db
    .selectFrom('mail')
    .innerJoin('member', 'member.id', 'mail.member_id')
    .selectAll('mail')
    .select('member.email')
    .where('mail.next_try_at', '<=', param('now'))
    .orderBy('mail.next_try_at')
    .limit(BATCH),
);
