import type { KnownReason } from '../../src-shared/challenge.ts';
import { recordLeaseEnd } from '../access/enforcement/record-end.ts';
import { appendAudit } from '../audit/audit-log.ts';
import type { ServerContext } from '../context.ts';
import type { Tx } from '../db/database.ts';
import { enqueueMail } from '../mail/outbox.ts';
import { totpStep } from '../proof/mfa/totp.ts';
import { endProofs } from './void-proofs.ts';

export type RestoreContext = Pick<ServerContext, 'config' | 'keys' | 'database' | 'now'>;

/** How many of each were taken out of force. */
export interface TakenBack {
  connections: number;
  sessions: number;
  devices: number;
  /** Of `devices`: a code is asked for before PIN or biometrics count again. */
  unlocks: number;
  backupCodes: number;
  resets: number;
  apiTokens: number;
}

/**
 * Takes out of force what a database has that was put back from a copy, in one transaction: connections and sessions end,
 * every epoch moves beyond any that a client can have seen, and no proof of before counts (`../shared/design/servers.md`
 * §13). Nobody is locked out: passwords, authenticators and devices stay. `madeAt`: of the copy; null: unknown.
 */
export function takeBack(
  ctx: RestoreContext,
  { actor, madeAt }: { actor: string; madeAt: number | null },
): Promise<TakenBack> {
  const now = ctx.now();
  const at = new Date(now).toISOString();
  const reason: KnownReason = {
    code: 'server-restored',
    message: 'The server was restored from a backup.',
    at,
  };
  return ctx.database.db.transaction().execute(async (tx) => {
    const connections = await endConnections(tx, { reason, actor, ip: null, now });
    const sessions = await endSessions(tx, JSON.stringify(reason), now);
    const devices = await moveEpochs(tx, JSON.stringify(reason), now);
    const proofs = await endProofs(tx, totpStep(now) + 1, now);
    const apiTokens = await suspendTokens(tx, now);
    const taken: TakenBack = { connections, sessions, ...devices, ...proofs, apiTokens };
    await appendAudit(tx, {
      at: now,
      actor,
      action: 'database.restored',
      outcome: 'ok',
      details: { madeAt: madeAt === null ? null : new Date(madeAt).toISOString(), ...taken },
    });
    await tell(tx, ctx, madeAt);
    return taken;
  });
}

async function endConnections(tx: Tx, words: Parameters<typeof recordLeaseEnd>[2]): Promise<number> {
  const live = await tx.selectFrom('lease').select('id').where('ended_at', 'is', null).execute();
  for (const { id } of live) await recordLeaseEnd(tx, id, words);
  return live.length;
}

async function endSessions(tx: Tx, reason: string, now: number): Promise<number> {
  const { numUpdatedRows } = await tx
    .updateTable('session')
    .set({ ended_at: now, end_reason_json: reason })
    .where('ended_at', 'is', null)
    .executeTakeFirst();
  await tx.deleteFrom('sign_in_token').execute();
  return Number(numUpdatedRows);
}

/** Frames that wait for a device are of the copy's time: a "signed out" of then would end a session of now. */
async function moveEpochs(
  tx: Tx,
  reason: string,
  now: number,
): Promise<{ devices: number; unlocks: number }> {
  await tx.deleteFrom('event').execute();
  await tx.deleteFrom('challenge').execute();
  const moved = await tx
    .updateTable('device')
    .set((eb) => ({
      epoch: eb.fn<number>('max', [eb('epoch', '+', 1), eb.val(now)]),
      soft_base_at: 0,
      grace_until: 0,
      gate_reason_json: reason,
    }))
    .executeTakeFirst();
  const asked = await tx
    .updateTable('device')
    .set({ is_code_demanded: 1 })
    .where('removed_at', 'is', null)
    .where((eb) =>
      eb.or([
        eb('pin_verifier', 'is not', null),
        eb('soft_public_key', 'is not', null),
        eb('hardware_credential_id', 'is not', null),
      ]),
    )
    .executeTakeFirst();
  return { devices: Number(moved.numUpdatedRows), unlocks: Number(asked.numUpdatedRows) };
}

/** Whoever could use one while the copy was made may not be who should now. */
async function suspendTokens(tx: Tx, now: number): Promise<number> {
  const { numUpdatedRows } = await tx
    .updateTable('api_token')
    .set({ suspended_at: now })
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .where('suspended_at', 'is', null)
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

async function tell(tx: Tx, ctx: RestoreContext, madeAt: number | null): Promise<void> {
  const at = new Date(ctx.now()).toISOString();
  const people = await tx
    .selectFrom('member')
    .select(['id', 'role'])
    .where('removed_at', 'is', null)
    .where('is_blocked', '=', 0)
    .execute();
  for (const { id, role } of people)
    await enqueueMail(tx, ctx, id, {
      kind: 'server-restored',
      at,
      madeAt: madeAt === null ? null : new Date(madeAt).toISOString(),
      isOwner: role === 'owner',
    });
}
