import type { FastifyRequest } from 'fastify';
import { fail, ok, type Problem, problem, type Result } from '../../src-shared/problem.ts';
import type { ServerContext } from '../context.ts';
import type { Tx } from '../db/database.ts';
import { prepared } from '../db/prepared.ts';
import type { DeviceRow, MemberRow, SessionRow } from '../db/schema.ts';
import { bearerToken, hashToken } from '../tokens.ts';

/** A client session lasts this long after its last use. */
export const SESSION_LIFE_MS = 30 * 86_400_000;
/** The sliding expiry is written at most this often. */
const TOUCH_INTERVAL_MS = 3_600_000;

/** Who is asking: a signed-in device of a member. */
export interface SessionIdentity {
  sessionId: string;
  memberId: string;
  deviceId: string;
  role: MemberRow['role'];
  /** Strongest proof that the session was made with. */
  method: SessionRow['method'];
}

/** The session of the request's bearer token; `session-invalid` or `member-blocked` when it does not count. */
export async function authenticateSession(
  ctx: ServerContext,
  request: Pick<FastifyRequest, 'headers'>,
): Promise<Result<SessionIdentity & { memberName: string }>> {
  const token = bearerToken(request.headers.authorization);
  if (!token) return fail('session-invalid');
  const now = ctx.now();
  const { rows } = await clientSession(ctx.database.db, { hash: hashToken(token) });
  const [row] = rows;
  if (!row) return fail('session-invalid');
  if (row.is_blocked === 1) return fail('member-blocked');
  if (row.ended_at !== null || row.expires_at <= now || row.removed_at !== null)
    return fail('session-invalid');
  const { sessionId, memberId, memberName, deviceId, role, method } = row;
  if (now - row.last_used_at >= TOUCH_INTERVAL_MS) await touch(ctx, sessionId, deviceId, now);
  return ok({ sessionId, memberId, memberName, deviceId, role, method });
}

/** Why a session that was authenticated a moment ago counts no more; null when it still does. */
export async function sessionEnd(tx: Tx, sessionId: string): Promise<Problem | null> {
  const { rows } = await presentState(tx, { sessionId });
  const [row] = rows;
  if (row?.is_blocked === 1) return problem('member-blocked');
  return row?.ended_at === null && row.removed_at === null ? null : problem('session-invalid');
}

async function touch(ctx: ServerContext, sessionId: string, deviceId: string, now: number): Promise<void> {
  const { log, database } = ctx;
  const write = (tx: Tx) =>
    tx
      .updateTable('session')
      .set({ last_used_at: now, expires_at: now + SESSION_LIFE_MS })
      .where('id', '=', sessionId)
      .where('ended_at', 'is', null)
      .execute();
  await database.later.add(log, write, `session ${sessionId}`);
  await noteDeviceSeen(ctx, deviceId);
}

/** When the device was there last, written down a moment later. */
export function noteDeviceSeen({ database, log, now }: ServerContext, deviceId: string): Promise<void> {
  const seen = { last_seen_at: now() };
  const write = (tx: Tx) => tx.updateTable('device').set(seen).where('id', '=', deviceId).execute();
  return database.later.add(log, write, `device ${deviceId}`);
}

type SessionState = Pick<SessionRow, 'ended_at'> &
  Pick<DeviceRow, 'removed_at'> &
  Pick<MemberRow, 'is_blocked'>;

const clientSession = prepared<
  { hash: string },
  SessionIdentity & { memberName: string } & SessionState & Pick<SessionRow, 'expires_at' | 'last_used_at'>
>((db, param) =>
  db
    .selectFrom('session')
    .innerJoin('device', 'device.id', 'session.device_id')
    .innerJoin('member', 'member.id', 'session.member_id')
    .select([
      'session.id as sessionId',
      'session.member_id as memberId',
      'member.name as memberName',
      'device.id as deviceId',
      'member.role',
      'session.method',
      'session.ended_at',
      'session.expires_at',
      'session.last_used_at',
      'device.removed_at',
      'member.is_blocked',
    ])
    .where('session.token_hash', '=', param('hash'))
    .where('session.kind', '=', 'client'),
);

const presentState = prepared<{ sessionId: string }, SessionState>((db, param) =>
  db
    .selectFrom('session')
    .innerJoin('device', 'device.id', 'session.device_id')
    .innerJoin('member', 'member.id', 'session.member_id')
    .select(['session.ended_at', 'device.removed_at', 'member.is_blocked'])
    .where('session.id', '=', param('sessionId')),
);
