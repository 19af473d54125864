import type { AttentionItem } from '../../../../src-shared/panel/overview.ts';
import type { ReachedAddresses } from '../../../access/lease/reached-addresses.ts';
import type { Db } from '../../../db/database.ts';
import { readPolicy } from '../../../proof/policy/policy-store.ts';

const SHOWN_MEMBERS = 5;

/** What members' computers say that somebody should look at. */
export async function computerItems(
  db: Db,
  reached: Pick<ReachedAddresses, 'list'>,
  now: number,
): Promise<AttentionItem[]> {
  return [...(await failedGuards(db)), ...(await unknownAddresses(db, reached, now))];
}

async function failedGuards(db: Db): Promise<AttentionItem[]> {
  if ((await readPolicy(db)).trafficWhileWaiting === 'off') return [];
  const members = await db
    .selectFrom('member')
    .select(['member.id', 'member.name'])
    .where('member.removed_at', 'is', null)
    .where('member.id', 'in', (eb) =>
      eb
        .selectFrom('device')
        .select('device.member_id')
        .where('device.guard_failed', 'is not', null)
        .where('device.removed_at', 'is', null),
    )
    .orderBy('member.name')
    .execute();
  if (members.length === 0) return [];
  return [{ kind: 'guard-failed', count: members.length, members: members.slice(0, SHOWN_MEMBERS) }];
}

async function unknownAddresses(
  db: Db,
  reached: Pick<ReachedAddresses, 'list'>,
  now: number,
): Promise<AttentionItem[]> {
  return Promise.all(
    reached.list(now).map(async ({ address, memberIds }) => {
      const members = await db
        .selectFrom('member')
        .select(['id', 'name'])
        .where('id', 'in', memberIds.slice(0, SHOWN_MEMBERS))
        .execute();
      return { kind: 'server-address-unknown' as const, address, count: memberIds.length, members };
    }),
  );
}
