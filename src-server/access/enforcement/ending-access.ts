import type { Result } from '../../../src-shared/problem.ts';
import type { ServerContext } from '../../context.ts';
import type { Tx } from '../../db/database.ts';
import type { Enforcement } from './enforcement.ts';
import type { RecordedEnd } from './record-end.ts';

/** Runs a change that may still be refused in a transaction, and carries out what it ended once that is committed. */
export async function endingAccess(
  ctx: ServerContext,
  enforcement: Enforcement,
  change: (tx: Tx) => Promise<Result<RecordedEnd>>,
): Promise<Result<RecordedEnd>> {
  const recorded = await ctx.database.db.transaction().execute(change);
  if (recorded.ok) await enforcement.carryOut(recorded.value);
  return recorded;
}
