import type { ServerContext } from '../context.ts';
import type { Tx } from '../db/database.ts';
import { prepared } from '../db/prepared.ts';
import type { MailRow } from '../db/schema.ts';
import { newId } from '../tokens.ts';
import type { MailContent } from './mail-content.ts';

/** How long a mail server may be away before a mail is given up. */
const KEEP_TRYING_MS = 3 * 86_400_000;

/**
 * Puts a mail into the outbox, in the transaction of what it tells about: it goes out if and only if that is committed,
 * and nobody waits for a mail server. Does nothing when the server has none.
 */
export async function enqueueMail(
  tx: Tx,
  ctx: Pick<ServerContext, 'config' | 'keys' | 'now'>,
  memberId: string,
  content: MailContent,
): Promise<void> {
  if (!ctx.config.mail) return;
  const now = ctx.now();
  // A link that has expired helps nobody.
  const giveUpAt = content.kind === 'mfa-reset' ? Date.parse(content.expiresAt) : now + KEEP_TRYING_MS;
  await insertMail(tx, {
    id: newId(now),
    memberId,
    kind: content.kind,
    sealed: ctx.keys.sealedBox.seal(Buffer.from(JSON.stringify(content))),
    now,
    giveUpAt,
  });
}

type NewMail = {
  id: string;
  memberId: string;
  kind: string;
  sealed: MailRow['content_sealed'];
  now: number;
  giveUpAt: number;
};
/** Built once: a disconnect tells its member by mail as well. */
const insertMail = prepared<NewMail, unknown>((db, param) =>
  db.insertInto('mail').values({
    id: param('id'),
    member_id: param('memberId'),
    kind: param('kind'),
    content_sealed: param('sealed'),
    created_at: param('now'),
    give_up_at: param('giveUpAt'),
    next_try_at: param('now'),
    tries: 0,
  }),
);
