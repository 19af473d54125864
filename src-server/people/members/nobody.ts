import type { Mistake } from '../../../src-node/mistake.ts';
import type { Db } from '../../db/database.ts';

/** Of a server whose `init` ended before it had an administrator. */
export const NOBODY: Mistake = {
  detail: 'Nobody can sign in: this server has no administrator yet.',
  remedy: 'postern-server init',
};

/** Whether there ever was somebody. */
export async function hasMembers(db: Db): Promise<boolean> {
  return (await db.selectFrom('member').select('id').limit(1).executeTakeFirst()) !== undefined;
}
