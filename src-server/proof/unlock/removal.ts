import { ok, type Result } from '../../../src-shared/problem.ts';
import type { UnlockMethod } from '../../../src-shared/unlock.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import type { ServerContext } from '../../context.ts';
import type { Tx } from '../../db/database.ts';
import { type SessionIdentity, sessionEnd } from '../../http/session.ts';
import { enqueueMail } from '../../mail/outbox.ts';
import { enrolledOf, noHardware, noPin, noSoft, unlockColumns } from './unlock-state.ts';

const columnsOf = { pin: noPin, 'uv-hw': noHardware, 'uv-soft': noSoft } as const;

/**
 * Takes ways of unlocking away from a device, and audits those that were there. The counters of its proofs stay: they
 * never go back. Answers what was removed.
 */
export async function removeUnlock(
  tx: Tx,
  input: {
    deviceId: string;
    methods: readonly UnlockMethod[];
    actor: string;
    ip: string | null;
    now: number;
  },
): Promise<UnlockMethod[]> {
  const { deviceId, methods, actor, ip, now } = input;
  const device = await tx
    .selectFrom('device')
    .select(unlockColumns)
    .where('id', '=', deviceId)
    .executeTakeFirstOrThrow();
  const { pin, uvHw, uvSoft } = enrolledOf(device);
  const isThere = { pin, 'uv-hw': uvHw, 'uv-soft': uvSoft };
  const removed = methods.filter((method) => isThere[method]);
  for (const method of removed)
    await tx.updateTable('device').set(columnsOf[method]).where('id', '=', deviceId).execute();
  if (removed.length > 0)
    await appendAudit(tx, {
      at: now,
      actor,
      action: 'unlock.remove',
      subject: `device:${deviceId}`,
      outcome: 'ok',
      ip,
      details: { methods: removed },
    });
  return removed;
}

/** As asked for by the device itself; a session that ended a moment ago removes nothing. */
export function removeOwnUnlock(
  ctx: ServerContext,
  { sessionId, memberId, deviceId }: SessionIdentity,
  methods: readonly UnlockMethod[],
  ip: string,
): Promise<Result<UnlockMethod[]>> {
  return ctx.database.db.transaction().execute(async (tx): Promise<Result<UnlockMethod[]>> => {
    const ended = await sessionEnd(tx, sessionId);
    if (ended) return { ok: false, problem: ended };
    const actor = `member:${memberId}`;
    const now = ctx.now();
    const removed = await removeUnlock(tx, { deviceId, methods, actor, ip, now });
    if (removed.length > 0) await tellRemoved(tx, ctx, { deviceId, memberId, ip, why: 'by-member' });
    return ok(removed);
  });
}

/** The same as `resetUnlock`, and the member is told by mail if there was anything to take away. */
export async function resetUnlockFor(
  tx: Tx,
  ctx: ServerContext,
  input: Parameters<typeof resetUnlock>[1],
): Promise<number> {
  const devices = await resetUnlock(tx, input);
  const at = new Date(input.now).toISOString();
  const told = { kind: 'unlock-removed', at, ip: null, deviceName: null, why: 'by-administrator' } as const;
  if (devices > 0) await enqueueMail(tx, ctx, input.memberId, told);
  return devices;
}

/** Takes PIN and biometrics away from all devices of a member, and asks for a code at their next connection. */
export async function resetUnlock(
  tx: Tx,
  { memberId, actor, now }: { memberId: string; actor: string; now: number },
): Promise<number> {
  const devices = await tx
    .selectFrom('device')
    .select('id')
    .where('member_id', '=', memberId)
    .where('removed_at', 'is', null)
    .execute();
  let count = 0;
  for (const { id: deviceId } of devices) {
    const removed = await removeUnlock(tx, {
      deviceId,
      methods: ['pin', 'uv-hw', 'uv-soft'],
      actor,
      ip: null,
      now,
    });
    if (removed.length > 0) count++;
  }
  await tx
    .updateTable('device')
    .set({ is_code_demanded: 1, soft_base_at: 0, grace_until: 0 })
    .where('member_id', '=', memberId)
    .execute();
  await appendAudit(tx, {
    at: now,
    actor,
    action: 'unlock.reset',
    subject: `member:${memberId}`,
    outcome: 'ok',
    details: { devices: count },
  });
  return count;
}

/** Tells the member by mail that a device has no PIN or biometrics any more. */
export async function tellRemoved(
  tx: Tx,
  ctx: ServerContext,
  input: { deviceId: string; memberId: string; ip: string | null; why: 'wrong-pins' | 'by-member' },
): Promise<void> {
  const { deviceId, memberId, ip, why } = input;
  const { name } = await tx
    .selectFrom('device')
    .select('name')
    .where('id', '=', deviceId)
    .executeTakeFirstOrThrow();
  const at = new Date(ctx.now()).toISOString();
  await enqueueMail(tx, ctx, memberId, { kind: 'unlock-removed', at, ip, deviceName: name, why });
}
