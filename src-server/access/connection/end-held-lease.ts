import type { KnownReason } from '../../../src-shared/challenge.ts';
import type { ConnectDeps } from './connect.ts';
import { successorOf } from './move.ts';

interface HeldLease {
  leaseId: string;
  deviceId: string;
  /** As in `AuditEntry.actor`. */
  actor: string;
  ip: string | null;
}

/**
 * The user has disconnected: the lease that the client holds ends, and with it what it went on as without the client
 * hearing of it. True when every gateway concerned has dropped the peer, false when one has not confirmed within 2 s.
 */
export async function endHeldLease(
  { ctx, enforcement }: Pick<ConnectDeps, 'ctx' | 'enforcement'>,
  held: HeldLease,
): Promise<boolean> {
  const at = new Date(ctx.now()).toISOString();
  const reason: KnownReason = { code: 'user', message: 'Disconnected by the user.', at };
  const end = (leaseId: string) => enforcement.endLease({ ...held, leaseId, reason, isDeviceTold: false });
  const ends = [await end(held.leaseId)];
  // As often as a move is written meanwhile.
  for (;;) {
    const successor = await successorOf(ctx.database.db, held);
    if (successor === null) break;
    ends.push(await end(successor.id));
  }
  return (await Promise.all(ends.map(({ enforced }) => enforced))).every(Boolean);
}
