import type { EndAccessAnswer, Enforcement } from '../../access/enforcement/enforcement.ts';
import { type GuardSource, storeReleases } from '../../access/guard/guard.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import type { ServerContext } from '../../context.ts';
import type { SessionIdentity } from '../../http/session.ts';
import { removeUnlock } from '../../proof/unlock/removal.ts';
import { distrustDevice } from '../session/trusted-client.ts';

/** An administrator, where it is not the member. */
interface ByOther {
  actor: string;
}

/**
 * Removes a device of the session's member: its access ends, its sessions end, and what it unlocks with is forgotten,
 * in one transaction. What it holds back it is told to let go of: by its channel, and for one that removes itself by
 * `guard` of the answer, a JWS. Null when the member has no such device.
 */
export async function removeDevice(
  ctx: ServerContext,
  { enforcement, guards }: { enforcement: Enforcement; guards: GuardSource },
  session: Pick<SessionIdentity, 'memberId'> & {
    /** Null: asked for in the Control Panel. */
    deviceId: string | null;
  },
  deviceId: string,
  ip: string | null,
  other?: ByOther,
): Promise<{ guard: string | null; ended: EndAccessAnswer } | null> {
  const { memberId } = session;
  const device = await ctx.database.db
    .selectFrom('device')
    .select('id')
    .where('id', '=', deviceId)
    .where('member_id', '=', memberId)
    .where('removed_at', 'is', null)
    .executeTakeFirst();
  if (!device) return null;
  const now = ctx.now();
  const actor = other?.actor ?? `member:${memberId}`;
  let guard: string | null = null;
  const ended = await enforcement.endAccess({
    scope: { deviceId },
    reason: {
      code: 'device-removed',
      message: other
        ? 'Your administrator removed this device from your account.'
        : 'This device was removed from your account.',
      at: new Date(now).toISOString(),
    },
    actor,
    ip,
    signOut: true,
    first: async (tx) => {
      const frames = await storeReleases(tx, guards, { deviceId }, now);
      for (const { frame } of frames) if (frame.type === 'guard') guard = frame.guard;
      return frames;
    },
    also: async (tx) => {
      await tx
        .updateTable('session')
        .set({ ended_at: now })
        .where('device_id', '=', deviceId)
        .where('ended_at', 'is', null)
        .execute();
      await tx
        .updateTable('device')
        .set({ removed_at: now })
        .where('id', '=', deviceId)
        .where('removed_at', 'is', null)
        .execute();
      await distrustDevice(tx, deviceId);
      await removeUnlock(tx, { deviceId, methods: ['pin', 'uv-hw', 'uv-soft'], actor, ip, now });
      await appendAudit(tx, {
        at: now,
        actor,
        action: 'device.remove',
        subject: `device:${deviceId}`,
        outcome: 'ok',
        ip,
        details: { byDevice: session.deviceId },
      });
    },
  });
  return { guard, ended };
}
