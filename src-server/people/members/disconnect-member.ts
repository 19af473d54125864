import type { KnownReason } from '../../../src-shared/challenge.ts';
import type { EndAccessAnswer, Enforcement } from '../../access/enforcement/enforcement.ts';
import type { LeasePeer } from '../../access/enforcement/lease-peers.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import type { ServerContext } from '../../context.ts';
import type { Tx } from '../../db/database.ts';
import { enqueueMail } from '../../mail/outbox.ts';
import { endPanelSessions } from '../session/panel-session-end.ts';

const DEFAULT_MESSAGE = 'Your administrator ended this connection.';

/**
 * The step-up disconnect, whoever asks for it: connections end and need fresh proof, and the member is signed out of the
 * Control Panel. `also` runs in the same transaction.
 */
export function disconnectMember(
  ctx: ServerContext,
  enforcement: Enforcement,
  input: {
    memberId: string;
    /** The live leases, just read. */
    known: LeasePeer[];
    /** Shown to the member. */
    reason: string | null | undefined;
    incidentId: string | null | undefined;
    /** What of the call could not be read, for the audit log. */
    unread?: readonly string[];
    actor: string;
    ip: string | null;
    also?: (tx: Tx) => Promise<void>;
  },
): Promise<EndAccessAnswer> {
  const { memberId, known, reason, incidentId, unread = [], actor, ip, also } = input;
  const told: KnownReason = {
    code: 'administrator',
    message: reason || DEFAULT_MESSAGE,
    ...(incidentId ? { incidentId } : {}),
    at: new Date(ctx.now()).toISOString(),
  };
  return enforcement.endAccess({
    scope: { memberId },
    known,
    reason: told,
    actor,
    ip,
    also: async (tx) => {
      await also?.(tx);
      const panelSessions = await endPanelSessions(tx, { memberId, reason: told, now: ctx.now() });
      await appendAudit(tx, {
        at: ctx.now(),
        actor,
        action: 'member.disconnect',
        subject: `member:${memberId}`,
        outcome: 'ok',
        ip,
        details: {
          reason: reason || null,
          incidentId: incidentId || null,
          panelSessions,
          ...(unread.length > 0 ? { unread } : {}),
        },
      });
      // Who was not connected has lost nothing, and a call that is repeated is no second mail.
      if (known.length > 0)
        await enqueueMail(tx, ctx, memberId, {
          kind: 'disconnected',
          at: told.at,
          message: told.message,
          incidentId: incidentId || null,
        });
    },
  });
}
