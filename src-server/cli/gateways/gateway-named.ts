import { ok, type Result } from '../../../src-shared/problem.ts';
import type { Db, Tx } from '../../db/database.ts';
import type { GatewayRow } from '../../db/schema.ts';
import { oneNamed } from '../named.ts';

/** By its id or its name. Those who were removed are not found. */
export async function gatewayNamed(db: Db | Tx, text: string): Promise<Result<GatewayRow>> {
  const rows = await db
    .selectFrom('gateway')
    .selectAll()
    .where('removed_at', 'is', null)
    .orderBy('name')
    .execute();
  const found = oneNamed(
    { noun: 'gateway', notFound: 'gateway-not-found', list: 'gateway list' },
    text,
    rows,
  );
  return found.ok ? ok(found.value) : found;
}
