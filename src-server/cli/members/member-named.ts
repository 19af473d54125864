import { ok, type Result } from '../../../src-shared/problem.ts';
import { foldEmail } from '../../../src-shared/typed-email.ts';
import type { Db, Tx } from '../../db/database.ts';
import type { MemberRow } from '../../db/schema.ts';
import { oneNamed } from '../named.ts';

/** Said of every argument that names a member. */
export const WHICH_MEMBER = 'e-mail address, name or id';

/** By id, e-mail address, or a name that only one member has. Those who were removed are not found. */
export async function memberNamed(db: Db | Tx, text: string): Promise<Result<MemberRow>> {
  const rows = await db
    .selectFrom('member')
    .select(['id', 'email', 'name'])
    .where('removed_at', 'is', null)
    .orderBy('email')
    .execute();
  const typed = foldEmail(text);
  const candidates = rows.map(({ id, name, email }) => ({
    ...{ id, name, hint: email },
    aliases: email === typed ? [email, text] : [email],
  }));
  const found = oneNamed(
    { noun: 'member', notFound: 'member-not-found', list: 'member list' },
    text,
    candidates,
  );
  if (!found.ok) return found;
  return ok(
    await db.selectFrom('member').selectAll().where('id', '=', found.value.id).executeTakeFirstOrThrow(),
  );
}
