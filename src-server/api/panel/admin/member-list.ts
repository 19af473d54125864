import { type ExpressionBuilder, sql } from 'kysely';
import type * as z from 'zod';
import type { MemberSummary, membersAnswer, membersQuery } from '../../../../src-shared/panel/members.ts';
import { ok, type Result } from '../../../../src-shared/problem.ts';
import { type Db, fold } from '../../../db/database.ts';
import type { MemberRow, Schema } from '../../../db/schema.ts';
import { decodeCursor, iso, nameKey, pageOf } from './cursor.ts';

type MembersQuery = z.infer<typeof membersQuery>;

/** A page of the members who were not removed, by name. */
export async function listMembers(
  db: Db,
  { search, status, role, cursor, limit }: MembersQuery,
  now: number,
): Promise<Result<z.infer<typeof membersAnswer>>> {
  const after = decodeCursor(cursor, nameKey);
  if (!after.ok) return after;
  let fitting = db.selectFrom('member').where('member.removed_at', 'is', null);
  if (role) fitting = fitting.where('member.role', '=', role);
  if (status) fitting = fitting.where((eb) => hasStatus(eb, status, now));
  if (search) {
    const text = fold(search);
    fitting = fitting.where(
      sql<boolean>`(instr(fold(member.name), ${text}) > 0 or instr(member.email, ${text}) > 0)`,
    );
  }
  let page = fitting.selectAll('member');
  if (after.value) {
    const [name, id] = after.value;
    page = page.where(sql<boolean>`(member.name collate nocase, member.id) > (${name}, ${id})`);
  }
  const rows = await page
    .orderBy(sql`member.name collate nocase`)
    .orderBy('member.id')
    .limit(limit + 1)
    .execute();
  const { total } = await fitting
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  const { items, nextCursor } = pageOf(rows, limit, (row) => [row.name, row.id]);
  return ok({ members: await summariesOf(db, items, now), nextCursor, total });
}

type OfMember = ExpressionBuilder<Schema, 'member'>;

function hasStatus(eb: OfMember, status: NonNullable<MembersQuery['status']>, now: number) {
  const factor = (isDisabled: 0 | 1 | null) => {
    const active = eb
      .selectFrom('factor')
      .select('factor.id')
      .whereRef('factor.member_id', '=', 'member.id')
      .where('factor.state', '=', 'active');
    return eb.exists(isDisabled === null ? active : active.where('factor.is_disabled', '=', isDisabled));
  };
  switch (status) {
    case 'active':
      return eb('member.is_blocked', '=', 0);
    case 'blocked':
      return eb('member.is_blocked', '=', 1);
    case 'no-mfa':
      return eb.not(factor(null));
    case 'mfa-disabled':
      return factor(1);
    case 'connected':
      return eb(
        'member.id',
        'in',
        eb
          .selectFrom('lease')
          .select('lease.member_id')
          .where('lease.ended_at', 'is', null)
          .where('lease.expires_at', '>', now),
      );
    case 'reset-pending':
      return eb(
        'member.id',
        'in',
        eb
          .selectFrom('mfa_reset')
          .select('mfa_reset.member_id')
          .where('mfa_reset.used_at', 'is', null)
          .where('mfa_reset.withdrawn_at', 'is', null)
          .where('mfa_reset.expires_at', '>', now),
      );
  }
}

/** What the list shows of these members, in their order: a handful of questions for the whole page. */
export async function summariesOf(
  db: Db,
  members: readonly MemberRow[],
  now: number,
): Promise<MemberSummary[]> {
  const ids = members.map(({ id }) => id);
  if (ids.length === 0) return [];
  const factors = await db
    .selectFrom('factor')
    .select(['member_id', 'is_disabled'])
    .where('member_id', 'in', ids)
    .where('state', '=', 'active')
    .execute();
  const resets = await db
    .selectFrom('mfa_reset')
    .select('member_id')
    .where('member_id', 'in', ids)
    .where('used_at', 'is', null)
    .where('withdrawn_at', 'is', null)
    .where('expires_at', '>', now)
    .execute();
  const sessions = await db
    .selectFrom('session')
    .select((eb) => ['member_id', eb.fn.max('last_used_at').as('seen_at')])
    .where('member_id', 'in', ids)
    .groupBy('member_id')
    .execute();
  const devices = await db
    .selectFrom('device')
    .select((eb) => ['member_id', eb.fn.max('last_seen_at').as('seen_at')])
    .where('member_id', 'in', ids)
    .groupBy('member_id')
    .execute();
  const leases = await liveLeases(db, now).where('lease.member_id', 'in', ids).execute();
  const disabledOf = new Map(factors.map((row) => [row.member_id, row.is_disabled === 1]));
  const isPending = new Set(resets.map((row) => row.member_id));
  const seenAt = new Map<string, number>();
  for (const row of [...sessions, ...devices])
    seenAt.set(row.member_id, Math.max(seenAt.get(row.member_id) ?? 0, row.seen_at));
  const leasesOf = Map.groupBy(leases, (lease) => lease.memberId);
  return members.map((member) => {
    const isDisabled = disabledOf.get(member.id);
    const seen = seenAt.get(member.id);
    return {
      id: member.id,
      email: member.email,
      name: member.name,
      role: member.role,
      isBlocked: member.is_blocked === 1,
      mfa: isDisabled === undefined ? 'none' : isDisabled ? 'disabled' : 'active',
      hasPendingReset: isPending.has(member.id),
      createdAt: iso(member.created_at),
      lastSeenAt: seen === undefined ? null : iso(seen),
      connections: (leasesOf.get(member.id) ?? []).map(({ memberId, begunAt, expiresAt, ...lease }) => ({
        ...lease,
        since: iso(begunAt),
        expiresAt: iso(expiresAt),
      })),
    };
  });
}

/** The tunnels that are up, the newest first. */
export function liveLeases(db: Db, now: number) {
  return db
    .selectFrom('lease')
    .innerJoin('device', 'device.id', 'lease.device_id')
    .innerJoin('gateway', 'gateway.id', 'lease.gateway_id')
    .select([
      'lease.id as leaseId',
      'lease.member_id as memberId',
      'device.id as deviceId',
      'device.name as deviceName',
      'gateway.id as gatewayId',
      'gateway.name as gatewayName',
      'lease.address',
      'lease.begun_at as begunAt',
      'lease.expires_at as expiresAt',
    ])
    .where('lease.ended_at', 'is', null)
    .where('lease.expires_at', '>', now)
    .orderBy('lease.begun_at', 'desc')
    .orderBy('lease.id', 'desc');
}
