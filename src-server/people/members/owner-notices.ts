import type { ServerContext } from '../../context.ts';
import type { Tx } from '../../db/database.ts';
import type { MemberRow } from '../../db/schema.ts';
import type { TeamChange } from '../../mail/mail-content.ts';
import { enqueueMail } from '../../mail/outbox.ts';
import { type Admin, presentOwners } from './owner-rules.ts';

/** A member in a mail, for a person: several may have the same name. */
export const personText = ({ name, email }: Pick<MemberRow, 'name' | 'email'>): string =>
  `${name} <${email}>`;

/** Who changes the team: a member, or somebody on the server's own machine (`by`). */
export interface TeamActor {
  /** As in `AuditEntry`. */
  actor: string;
  ip: string | null;
  /** In a mail. */
  by: string;
}

/** Tells every owner who may sign in what has just been changed, in its transaction. */
export async function tellOwnersOf(
  tx: Tx,
  ctx: Pick<ServerContext, 'config' | 'keys' | 'now'>,
  { ip, by }: Pick<TeamActor, 'ip' | 'by'>,
  change: TeamChange,
): Promise<void> {
  const at = new Date(ctx.now()).toISOString();
  for (const { id } of await presentOwners(tx).execute())
    await enqueueMail(tx, ctx, id, { kind: 'team-change', at, ip, by, change });
}

/**
 * Tells every owner who may sign in what an administrator has just changed, in its transaction; who did it, too: an owner
 * whose browser somebody else uses hears of it there.
 */
export async function tellOwners(
  tx: Tx,
  ctx: Pick<ServerContext, 'config' | 'keys' | 'now'>,
  admin: Admin,
  change: TeamChange,
): Promise<void> {
  await tellOwnersOf(tx, ctx, await teamActor(tx, admin), change);
}

/** The administrator as audit log and mails call them. */
export async function teamActor(tx: Tx, { memberId, ip }: Admin): Promise<TeamActor> {
  const member = await tx
    .selectFrom('member')
    .select(['name', 'email'])
    .where('id', '=', memberId)
    .executeTakeFirstOrThrow();
  return { actor: `member:${memberId}`, ip, by: personText(member) };
}
