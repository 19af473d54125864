import type * as z from 'zod';
import type { MemberAnswer, memberDevice } from '../../../../src-shared/panel/members.ts';
import { fail, ok, type Result } from '../../../../src-shared/problem.ts';
import type { Db } from '../../../db/database.ts';
import type { DeviceRow, MemberRow } from '../../../db/schema.ts';
import { tokensOfMaker } from '../../../people/members/maker-tokens.ts';
import { mayManage } from '../../../people/members/owner-rules.ts';
import { readPolicy } from '../../../proof/policy/policy-store.ts';
import { enrolledOf } from '../../../proof/unlock/unlock-state.ts';
import { iso } from './cursor.ts';
import { summariesOf } from './member-list.ts';

/** Everything the page shows of one member, and what the administrator `by` may do with it. */
export async function viewMember(
  db: Db,
  memberId: string,
  by: { memberId: string; role: MemberRow['role'] },
  now: number,
): Promise<Result<MemberAnswer>> {
  const member = await db
    .selectFrom('member')
    .selectAll()
    .where('id', '=', memberId)
    .where('removed_at', 'is', null)
    .executeTakeFirst();
  const [summary] = member ? await summariesOf(db, [member], now) : [];
  if (!member || !summary) return fail('member-not-found');
  const { left } = await db
    .selectFrom('backup_code')
    .innerJoin('factor', 'factor.id', 'backup_code.factor_id')
    .select((eb) => eb.fn.countAll<number>().as('left'))
    .where('factor.member_id', '=', memberId)
    .where('factor.state', '=', 'active')
    .where('backup_code.used_at', 'is', null)
    .executeTakeFirstOrThrow();
  return ok({
    member: {
      ...summary,
      devices: await devicesOf(db, memberId, now),
      backupCodesLeft: left,
      apiTokens: (await tokensOfMaker(db, memberId, now)).map(({ name }) => name),
      may: mayDo(summary, member, by),
    },
  });
}

function mayDo(
  { mfa, isBlocked }: { mfa: string; isBlocked: boolean },
  member: MemberRow,
  by: { memberId: string; role: MemberRow['role'] },
): MemberAnswer['member']['may'] {
  const isManaged = mayManage(by.role, member.role);
  const isSelf = by.memberId === member.id;
  return {
    edit: isManaged || isSelf,
    changeRole: by.role === 'owner',
    block: isManaged && !isSelf,
    remove: isManaged && !isSelf,
    disconnect: isManaged || isSelf,
    resetMfa: isManaged && !isSelf && mfa !== 'none' && !isBlocked,
    enableFactor: isManaged && !isSelf && mfa === 'disabled',
  };
}

async function devicesOf(db: Db, memberId: string, now: number): Promise<MemberAnswer['member']['devices']> {
  const rows = await db
    .selectFrom('device')
    .selectAll()
    .select((eb) =>
      eb
        .exists(
          eb
            .selectFrom('session')
            .select('session.id')
            .whereRef('session.device_id', '=', 'device.id')
            .where('session.ended_at', 'is', null)
            .where('session.expires_at', '>', now),
        )
        .as('isSignedIn'),
    )
    .where('member_id', '=', memberId)
    .where('removed_at', 'is', null)
    .orderBy('last_seen_at', 'desc')
    .orderBy('id', 'desc')
    .limit(100)
    .execute();
  const isHeldBack = (await readPolicy(db)).trafficWhileWaiting !== 'off';
  return rows.map((device) => {
    const { pin, uvHw, uvSoft } = enrolledOf(device);
    return {
      id: device.id,
      name: device.name,
      platform: device.platform,
      createdAt: iso(device.created_at),
      lastSeenAt: iso(device.last_seen_at),
      isSignedIn: Boolean(device.isSignedIn),
      unlock: [
        ...(pin ? ['pin' as const] : []),
        ...(uvHw ? ['uv-hw' as const] : []),
        ...(uvSoft ? ['uv-soft' as const] : []),
      ],
      ...(isHeldBack ? { guard: guardOf(device) } : {}),
    };
  });
}

type GuardedDevice = Pick<DeviceRow, 'can_guard' | 'is_guard_exempt' | 'guard_failed'>;

/** Where the team has traffic held back; undefined: this device does it. */
function guardOf(device: GuardedDevice): z.infer<typeof memberDevice>['guard'] {
  if (device.can_guard === 0) return device.is_guard_exempt === 1 ? 'exempt' : 'refused';
  return device.guard_failed === null ? undefined : 'failed';
}
