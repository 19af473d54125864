import type { AttentionItem } from '../../../../src-shared/panel/overview.ts';
import { certificateTrouble } from '../../../certificate/expiry.ts';
import type { CertificateFacts } from '../../../certificate/server-certificate.ts';
import type { Db } from '../../../db/database.ts';
import type { MailTrouble } from '../../../mail/mail-sender.ts';
import { iso } from './cursor.ts';

const DAY_MS = 86_400_000;
/** A mail server that is restarted is nobody's business. */
const MAIL_STUCK_MS = 10 * 60_000;
/** How long a mail that was given up is worth a look, unless one reaches the member meanwhile. */
const FAILURE_SHOWN_MS = 7 * DAY_MS;
const SHOWN_FAILURES = 5;

/** How the server itself is: what is shown of its certificate and its mails. */
export interface ServiceState {
  certificate?: () => CertificateFacts;
  mailTrouble?: () => MailTrouble | null;
  isMailOn: boolean;
}

export function certificateItems({ certificate }: ServiceState, now: number): AttentionItem[] {
  const facts = certificate?.();
  const trouble = facts && certificateTrouble(facts, now);
  if (!facts || !trouble) return [];
  const { host, names, notBefore, notAfter } = facts;
  return [{ kind: 'certificate', trouble, host, names, notBefore: iso(notBefore), notAfter: iso(notAfter) }];
}

export async function mailItems(
  db: Db,
  { mailTrouble, isMailOn }: ServiceState,
  now: number,
): Promise<AttentionItem[]> {
  if (!isMailOn) return [{ kind: 'mail-not-configured' }];
  const trouble = mailTrouble?.() ?? null;
  return [
    ...(trouble && now - trouble.since >= MAIL_STUCK_MS
      ? [{ kind: 'mail-stuck' as const, since: iso(trouble.since), why: trouble.why }]
      : []),
    ...(await failedMails(db, now)),
  ];
}

async function failedMails(db: Db, now: number): Promise<AttentionItem[]> {
  const recent = db.selectFrom('mail_failure').where('mail_failure.at', '>', now - FAILURE_SHOWN_MS);
  const { count } = await recent
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  if (count === 0) return [];
  const newest = await recent
    .innerJoin('member', 'member.id', 'mail_failure.member_id')
    .select(['member.id', 'member.name', 'mail_failure.why'])
    .orderBy('mail_failure.at', 'desc')
    .limit(SHOWN_FAILURES)
    .execute();
  return [
    {
      kind: 'mail-failed',
      count,
      members: newest.map(({ id, name }) => ({ id, name })),
      why: newest[0]?.why ?? '',
    },
  ];
}
