import type { Db, Tx } from '../db/database.ts';
import type { AuditRow } from '../db/schema.ts';

/**
 * What a person calls the actors and subjects of these rows, by `kind:<id>`: members by name and e-mail address, devices
 * with whose they are, gateways and API tokens by name. What is not known is not in it.
 */
export async function namesOf(
  db: Db | Tx,
  rows: readonly Pick<AuditRow, 'actor' | 'subject'>[],
): Promise<Map<string, string>> {
  const ids = new Map<string, Set<string>>();
  for (const { actor, subject } of rows)
    for (const reference of [actor, subject]) {
      const at = reference?.indexOf(':') ?? -1;
      if (reference === null || at < 0) continue;
      const kind = reference.slice(0, at);
      const ofKind = ids.get(kind) ?? new Set();
      ids.set(kind, ofKind.add(reference.slice(at + 1)));
    }
  const names = new Map<string, string>();
  const put = (kind: string, found: { id: string; name: string }[]): void => {
    for (const { id, name } of found) names.set(`${kind}:${id}`, name);
  };
  const of = (kind: string): string[] => [...(ids.get(kind) ?? [])];
  if (ids.has('member')) put('member', await memberNames(db, of('member')));
  if (ids.has('device')) put('device', await deviceNames(db, of('device')));
  if (ids.has('lease')) put('lease', await leaseNames(db, of('lease')));
  if (ids.has('gateway'))
    put(
      'gateway',
      await db.selectFrom('gateway').select(['id', 'name']).where('id', 'in', of('gateway')).execute(),
    );
  if (ids.has('api-token'))
    put(
      'api-token',
      await db.selectFrom('api_token').select(['id', 'name']).where('id', 'in', of('api-token')).execute(),
    );
  return names;
}

async function memberNames(db: Db | Tx, ids: string[]): Promise<{ id: string; name: string }[]> {
  const rows = await db
    .selectFrom('member')
    .select((eb) => ['id', 'name', eb.fn.coalesce('former_email', 'email').as('email')])
    .where('id', 'in', ids)
    .execute();
  return rows.map(({ id, name, email }) => ({ id, name: `${name} (${email})` }));
}

async function deviceNames(db: Db | Tx, ids: string[]): Promise<{ id: string; name: string }[]> {
  const rows = await db
    .selectFrom('device')
    .innerJoin('member', 'member.id', 'device.member_id')
    .select(['device.id', 'device.name', 'member.name as memberName'])
    .where('device.id', 'in', ids)
    .execute();
  return rows.map(({ id, name, memberName }) => ({ id, name: `${name} (${memberName})` }));
}

/** A lease is called by whose it is and where it leads. */
async function leaseNames(db: Db | Tx, ids: string[]): Promise<{ id: string; name: string }[]> {
  const rows = await db
    .selectFrom('lease')
    .innerJoin('member', 'member.id', 'lease.member_id')
    .innerJoin('gateway', 'gateway.id', 'lease.gateway_id')
    .select(['lease.id', 'member.name as memberName', 'gateway.name as gatewayName'])
    .where('lease.id', 'in', ids)
    .execute();
  return rows.map(({ id, memberName, gatewayName }) => ({ id, name: `${memberName} → ${gatewayName}` }));
}
