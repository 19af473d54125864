import type { ServerContext } from '../../context.ts';
import type { Tx } from '../../db/database.ts';
import type { MemberRow } from '../../db/schema.ts';
import type { TeamChange } from '../../mail/mail-content.ts';
import { enqueueMail } from '../../mail/outbox.ts';
import { type Admin, presentOwners } from './owner-rules.ts';

/** A member in a mail, for a person: several may have the same name. */
export const personText = ({ name, email }: Pick<MemberRow, 'name' | 'email'>): string =>
  `${name} <${email}>`;

/**
 * Tells every owner who may sign in what an administrator has just changed, in its transaction; who did it, too: an owner
 * whose browser somebody else uses hears of it there.
 */
export async function tellOwners(
  tx: Tx,
  ctx: Pick<ServerContext, 'config' | 'keys' | 'now'>,
  { memberId, ip }: Admin,
  change: TeamChange,
): Promise<void> {
  const by = await tx
    .selectFrom('member')
    .select(['name', 'email'])
    .where('id', '=', memberId)
    .executeTakeFirstOrThrow();
  const at = new Date(ctx.now()).toISOString();
  for (const { id } of await presentOwners(tx).execute())
    await enqueueMail(tx, ctx, id, { kind: 'team-change', at, ip, by: personText(by), change });
}
