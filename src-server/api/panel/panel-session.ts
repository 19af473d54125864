import { type Reason, reasonSchema } from '../../../src-shared/challenge.ts';
import { PANEL_IDLE_SECONDS, PANEL_SESSION_SECONDS } from '../../../src-shared/panel/session.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import type { ServerContext } from '../../context.ts';
import type { Db, Tx } from '../../db/database.ts';
import { prepared } from '../../db/prepared.ts';
import type { MemberRow, SessionRow } from '../../db/schema.ts';
import { hashToken, newId, newToken } from '../../tokens.ts';

/** The prefix binds it to this host, to TLS and to the path `/` (RFC 6265bis §4.1.3). */
export const PANEL_COOKIE = '__Host-postern-panel';
export const cookieFlags = { path: '/', secure: true, httpOnly: true, sameSite: 'strict' } as const;

const LIFE_MS = PANEL_SESSION_SECONDS * 1000;
const IDLE_MS = PANEL_IDLE_SECONDS * 1000;
/** The last use is written at most this often. */
const TOUCH_INTERVAL_MS = 30_000;
const LONGEST_USER_AGENT = 300;

export interface PanelSessionRow
  extends Omit<
    SessionRow,
    'token_hash' | 'device_id' | 'kind' | 'end_reason_json' | 'proof_at' | 'proof_factor_id'
  > {
  email: string;
  name: string;
  role: MemberRow['role'];
  is_blocked: MemberRow['is_blocked'];
}

/** Where a request came from. */
export interface Caller {
  ip: string;
  userAgent: string | undefined;
  /** What the browser has of earlier sign-ins; see `trustClient`. */
  trustTokens: readonly string[];
}

/** Begins a session in the transaction that accepted the proofs; answers the cookie's value, which is kept nowhere. */
export async function openPanelSession(
  tx: Tx,
  input: {
    memberId: string;
    method: SessionRow['method'];
    /** The factor whose code was given. */
    totpFactorId: string | null;
    /** The factor whose code or backup code was given. */
    proofFactorId: string | null;
    caller: Pick<Caller, 'ip' | 'userAgent'>;
    now: number;
  },
): Promise<string> {
  const { memberId, method, totpFactorId, proofFactorId, caller, now } = input;
  const token = newToken();
  const id = newId(now);
  await tx
    .insertInto('session')
    .values({
      id,
      member_id: memberId,
      device_id: null,
      kind: 'panel',
      token_hash: hashToken(token),
      method,
      created_at: now,
      last_used_at: now,
      expires_at: now + LIFE_MS,
      ended_at: null,
      ip: caller.ip,
      user_agent: caller.userAgent?.slice(0, LONGEST_USER_AGENT) ?? null,
      totp_factor_id: totpFactorId,
      proof_at: now,
      proof_factor_id: proofFactorId,
    })
    .execute();
  await appendAudit(tx, {
    at: now,
    actor: `member:${memberId}`,
    action: 'session.begin',
    subject: `member:${memberId}`,
    outcome: 'ok',
    ip: caller.ip,
    details: { surface: 'panel', method, sessionId: id },
  });
  return token;
}

/** The living session of a cookie; undefined when it is unknown, ended, over 12 h old or 30 min idle. */
export async function findPanelSession(
  db: Db | Tx,
  token: string,
  now: number,
): Promise<PanelSessionRow | undefined> {
  const { rows } = await sessionOfToken(db, { hash: hashToken(token) });
  const [row] = rows;
  return row && isLivePanelSession(row, now) ? row : undefined;
}

/** Why somebody else ended the session of this cookie; null when nobody did. */
export async function panelSessionEnd(db: Db, token: string): Promise<Reason | null> {
  const row = await db
    .selectFrom('session')
    .select('end_reason_json')
    .where('token_hash', '=', hashToken(token))
    .where('kind', '=', 'panel')
    .executeTakeFirst();
  const json = row?.end_reason_json ?? null;
  return json === null ? null : reasonSchema.parse(JSON.parse(json));
}

export function isLivePanelSession(
  session: Pick<SessionRow, 'ended_at' | 'expires_at' | 'last_used_at'>,
  now: number,
): boolean {
  return session.ended_at === null && session.expires_at > now && now - session.last_used_at < IDLE_MS;
}

/** Writes down that the session was used, a moment later. */
export async function touchPanelSession(
  { database, log }: ServerContext,
  { id, last_used_at }: PanelSessionRow,
  now: number,
): Promise<void> {
  if (now - last_used_at < TOUCH_INTERVAL_MS) return;
  const write = (tx: Tx) =>
    tx
      .updateTable('session')
      .set({ last_used_at: now })
      .where('id', '=', id)
      .where('ended_at', 'is', null)
      .execute();
  await database.later.add(log, write, `session ${id}`);
}

/** Ends one session of the member; false when there is none such. */
export async function endPanelSession(
  tx: Tx,
  input: {
    sessionId: string;
    memberId: string;
    ip: string | null;
    now: number;
    reason: string;
    /** Who ends it, if not the member. */
    actor?: string;
  },
): Promise<boolean> {
  const { sessionId, memberId, ip, now, reason, actor = `member:${memberId}` } = input;
  const { numUpdatedRows } = await tx
    .updateTable('session')
    .set({ ended_at: now })
    .where('id', '=', sessionId)
    .where('member_id', '=', memberId)
    .where('kind', '=', 'panel')
    .where('ended_at', 'is', null)
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) return false;
  await appendAudit(tx, {
    at: now,
    actor,
    action: 'session.end',
    subject: `member:${memberId}`,
    outcome: 'ok',
    ip,
    details: { reason, sessionId },
  });
  return true;
}

const sessionOfToken = prepared<{ hash: string }, PanelSessionRow>((db, param) =>
  db
    .selectFrom('session')
    .innerJoin('member', 'member.id', 'session.member_id')
    .select([
      'session.id',
      'session.member_id',
      'session.method',
      'session.created_at',
      'session.last_used_at',
      'session.expires_at',
      'session.ended_at',
      'session.ip',
      'session.user_agent',
      'session.totp_factor_id',
      'member.email',
      'member.name',
      'member.role',
      'member.is_blocked',
    ])
    .where('session.token_hash', '=', param('hash'))
    .where('session.kind', '=', 'panel'),
);
