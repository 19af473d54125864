import type { AccountAnswer, AccountDevice, AccountSession } from '../../../src-shared/panel/account.ts';
import type { ServerContext } from '../../context.ts';
import type { Tx } from '../../db/database.ts';
import { activeFactor, backupCodesLeft } from '../../proof/mfa/code-check.ts';
import { lastEndOfAccess } from '../../proof/mfa/pending-factor.ts';
import { readPolicy } from '../../proof/policy/policy-store.ts';
import { enrolledOf } from '../../proof/unlock/unlock-state.ts';
import { mfaPermissions } from './account-rules.ts';
import type { PanelIdentity } from './panel-guard.ts';
import { isLivePanelSession } from './panel-session.ts';

const iso = (time: number): string => new Date(time).toISOString();
/** Far more than anybody uses; keeps one answer small. */
const MOST_ROWS = 200;

/** Everything of the account page, read in one transaction so that it belongs together. */
export function readAccount(
  ctx: ServerContext,
  { session, memberId }: PanelIdentity,
): Promise<AccountAnswer> {
  return ctx.database.db
    .transaction()
    .setAccessMode('read only')
    .execute(async (tx) => {
      const now = ctx.now();
      const member = await tx
        .selectFrom('member')
        .select(['id', 'email', 'name', 'role', 'created_at'])
        .where('id', '=', memberId)
        .executeTakeFirstOrThrow();
      const factor = await activeFactor(tx, memberId);
      const isMfaRequired = (await readPolicy(tx)).mfaRequired.panel;
      const { created_at, ...shown } = member;
      return {
        member: { ...shown, createdAt: iso(created_at) },
        factor: factor
          ? { id: factor.id, createdAt: iso(factor.created_at), isDisabled: factor.is_disabled === 1 }
          : null,
        backupCodesLeft: factor ? await backupCodesLeft(tx, factor.id) : 0,
        isMfaRequired,
        may: mfaPermissions({
          factor,
          session,
          isMfaRequired,
          lastEnd: await lastEndOfAccess(tx, memberId),
          now,
        }),
        devices: await devicesOf(tx, memberId, now),
        sessions: await sessionsOf(tx, memberId, session.id, now),
      };
    });
}

async function devicesOf(tx: Tx, memberId: string, now: number): Promise<AccountDevice[]> {
  const rows = await tx
    .selectFrom('device')
    .leftJoin('lease', (join) =>
      join
        .onRef('lease.device_id', '=', 'device.id')
        .on('lease.ended_at', 'is', null)
        .on('lease.expires_at', '>', now),
    )
    .leftJoin('gateway', 'gateway.id', 'lease.gateway_id')
    .selectAll('device')
    .select(['lease.id as leaseId', 'gateway.name as gatewayName'])
    .where('device.member_id', '=', memberId)
    .where('device.removed_at', 'is', null)
    .orderBy('device.last_seen_at', 'desc')
    .orderBy('device.id', 'desc')
    .limit(MOST_ROWS)
    .execute();
  return rows.map((device) => ({
    id: device.id,
    name: device.name,
    platform: device.platform,
    isConnected: device.leaseId !== null,
    gatewayName: device.gatewayName,
    lastSeenAt: iso(device.last_seen_at),
    createdAt: iso(device.created_at),
    unlock: enrolledOf(device),
  }));
}

async function sessionsOf(tx: Tx, memberId: string, ownId: string, now: number): Promise<AccountSession[]> {
  const rows = await tx
    .selectFrom('session')
    .leftJoin('device', 'device.id', 'session.device_id')
    .selectAll('session')
    .select('device.name as deviceName')
    .where('session.member_id', '=', memberId)
    .where('session.ended_at', 'is', null)
    .where('session.expires_at', '>', now)
    .where('device.removed_at', 'is', null)
    .orderBy('session.last_used_at', 'desc')
    .orderBy('session.id', 'desc')
    .limit(MOST_ROWS)
    .execute();
  return rows
    .filter((row) => row.kind === 'client' || isLivePanelSession(row, now))
    .map((row) => ({
      id: row.id,
      kind: row.kind,
      method: row.method,
      isThis: row.id === ownId,
      deviceName: row.deviceName,
      ip: row.ip,
      userAgent: row.user_agent,
      createdAt: iso(row.created_at),
      lastUsedAt: iso(row.last_used_at),
      expiresAt: iso(row.expires_at),
    }));
}
