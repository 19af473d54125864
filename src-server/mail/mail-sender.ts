import { appendAudit } from '../audit/audit-log.ts';
import type { ServerContext } from '../context.ts';
import { prepared } from '../db/prepared.ts';
import type { MailRow } from '../db/schema.ts';
import { type MailContent, mailContent, recipientOf } from './mail-content.ts';
import { type MailFailure, mailFailure } from './mail-failure.ts';
import type { MailTransport } from './mail-transport.ts';
import { mailWords } from './mail-words.ts';
import { renderMail } from './render-mail.ts';

const LOOK_EVERY_MS = 1_000;
const BATCH = 20;
const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 15 * 60_000;

type Due = MailRow & { email: string };
/** `later`: it will be tried again. */
export type MailOutcome = 'sent' | 'later' | 'failed';

/** Nothing has gone out since `since` (milliseconds since 1970); `why` of the last try. */
export interface MailTrouble {
  since: number;
  why: string;
}

/**
 * Sends what lies in the outbox, one after the other, beside everything else. What was not taken is tried again after
 * growing waits, also after a restart, until it is too old; what the mail server refuses for good is not. A crash
 * between sending and writing down sends it twice, with the same Message-ID.
 */
export class MailSender {
  readonly #ctx: ServerContext;
  readonly #onOutcome: (outcome: MailOutcome) => void;
  #transport: MailTransport | null;
  #trouble: MailTrouble | null = null;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | null = null;

  /** Without a transport all stays where it is. */
  constructor(
    ctx: ServerContext,
    transport: MailTransport | null,
    onOutcome: (outcome: MailOutcome) => void = () => undefined,
  ) {
    this.#ctx = ctx;
    this.#transport = transport;
    this.#onOutcome = onOutcome;
  }

  get trouble(): MailTrouble | null {
    return this.#trouble;
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

  /** Another mail server from now on; what is on its way goes by the old one. */
  use(transport: MailTransport | null): void {
    const old = this.#transport;
    this.#transport = transport;
    this.#trouble = null;
    old?.close();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
    this.#transport?.close();
  }

  /** One round: everything that is due now. Rejects only when the database does. */
  async sendDue(): Promise<void> {
    while (this.#transport) {
      const { rows } = await dueMails(this.#ctx.database.db, { now: this.#ctx.now() });
      for (const mail of rows) if (this.#transport) await this.#send(mail, this.#transport);
      if (rows.length < BATCH) return;
    }
  }

  async #send(mail: Due, transport: MailTransport): Promise<void> {
    const { config, log, now } = this.#ctx;
    const logged = { mailId: mail.id, memberId: mail.member_id, kind: mail.kind, tries: mail.tries + 1 };
    const content = this.#open(mail);
    if (!content) {
      log.error(logged, 'a mail in the outbox cannot be read: given up');
      return this.#finish(mail, { why: 'it could not be read any more', isFinal: true, code: '' });
    }
    const words = mailWords(content, { teamName: config.teamName, accountUrl: `${config.issuer}/account` });
    const to = recipientOf(content) ?? mail.email;
    try {
      await transport.send({ id: mail.id, to, ...renderMail(words, config.teamName) });
    } catch (error) {
      const failure = mailFailure(error);
      const end = failure.isFinal ? 'mail refused for good' : 'mail not sent';
      log.warn({ err: error, why: failure.why, ...logged }, end);
      if (failure.isFinal) return this.#finish(mail, failure);
      this.#trouble = { since: this.#trouble?.since ?? now(), why: failure.why };
      return this.#later(mail, failure);
    }
    this.#trouble = null;
    await this.#finish(mail, null);
  }

  #open(mail: Due): MailContent | null {
    try {
      const opened = Buffer.from(this.#ctx.keys.sealedBox.open(mail.content_sealed)).toString('utf8');
      return mailContent.parse(JSON.parse(opened));
    } catch {
      // Sealed under other keys, or by a version that knew more kinds.
      return null;
    }
  }

  async #later(mail: Due, failure: MailFailure): Promise<void> {
    const now = this.#ctx.now();
    const wait = Math.min(FIRST_WAIT_MS * 2 ** mail.tries, LONGEST_WAIT_MS);
    if (now + wait >= mail.give_up_at) return this.#finish(mail, failure);
    await this.#ctx.database.db
      .updateTable('mail')
      .set({ tries: mail.tries + 1, next_try_at: now + wait })
      .where('id', '=', mail.id)
      .execute();
    this.#onOutcome('later');
  }

  /** `failure`: it was given up; null: it was taken. */
  async #finish(mail: Due, failure: MailFailure | null): Promise<void> {
    const at = this.#ctx.now();
    const { member_id, kind } = mail;
    const tries = mail.tries + 1;
    await this.#ctx.database.db.transaction().execute(async (tx) => {
      await tx.deleteFrom('mail').where('id', '=', mail.id).execute();
      await tx.deleteFrom('mail_failure').where('member_id', '=', member_id).execute();
      if (failure)
        await tx
          .insertInto('mail_failure')
          .values({ member_id, at, kind, tries, why: failure.why })
          .execute();
      await appendAudit(tx, {
        at,
        actor: 'server',
        action: 'mail.send',
        subject: `member:${member_id}`,
        outcome: failure ? 'failed' : 'ok',
        details: { kind, tries, ...(failure ? { why: failure.why, isFinal: failure.isFinal } : {}) },
      });
    });
    this.#onOutcome(failure ? 'failed' : 'sent');
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
