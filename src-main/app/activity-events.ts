import type { Snapshot } from '../../src-client/snapshot/snapshot.ts';
import type { ActivityEntry } from '../../src-shared/app-snapshot.ts';
import type { ConnectionState, Source } from '../../src-shared/connection-state.ts';
import { publicProblem } from './public-problem.ts';

export type ActivityDraft = Omit<ActivityEntry, 'id' | 'at'>;

/**
 * What happened between two snapshots, oldest first, as lines for the Activity screen. `asked` is who asked for the
 * newest connection; the state itself says so only for its end.
 */
export function activityBetween(before: Snapshot, after: Snapshot, asked: Source | null): ActivityDraft[] {
  const drafts: ActivityDraft[] = [];
  const add = (kind: ActivityEntry['kind'], more: Partial<ActivityDraft> = {}) =>
    drafts.push({ kind, source: null, gatewayName: null, reason: null, problem: null, ...more });
  if (!before.account && after.account) add('signed-in');
  const connection = connectionDraft(before, after, asked);
  if (connection) drafts.push(connection);
  const refused = refusedProof(before.connection, after.connection);
  if (refused) add('proof-refused', { ...refused, gatewayName: gatewayName(after) });
  if (before.account && !after.account)
    add('signed-out', { reason: after.connection.phase === 'signed-out' ? after.connection.reason : null });
  const seen = before.notices?.at(-1)?.id ?? 0;
  for (const notice of after.notices ?? []) {
    if (notice.id <= seen || notice.kind === 'disconnected-by-server') continue;
    add('notice', { reason: { code: notice.kind, message: notice.text, at: notice.at } });
  }
  return drafts;
}

function connectionDraft(before: Snapshot, after: Snapshot, asked: Source | null): ActivityDraft | null {
  const [from, to] = [before.connection, after.connection];
  const line = { source: null, gatewayName: gatewayName(after), reason: null, problem: null };
  if (from.phase === to.phase) {
    const isRenewed =
      from.phase === 'connected' && to.phase === 'connected' && from.lease.leaseId !== to.lease.leaseId;
    return isRenewed ? { ...line, kind: 'renewed' } : null;
  }
  switch (to.phase) {
    case 'gate':
      return {
        ...line,
        kind: 'gate',
        reason: to.prompt.reason,
        source: to.prompt.reason ? 'server' : asked,
      };
    case 'connecting':
      return { ...line, kind: 'connecting', source: asked };
    case 'connected':
      return { ...line, kind: 'connected' };
    case 'reconnecting':
      return { ...line, kind: 'reconnecting', problem: to.cause ? publicProblem(to.cause) : null };
    case 'disconnected':
      // Signing in ends at `disconnected` too; nothing was connected then.
      if (from.phase === 'signed-out') return null;
      return {
        ...line,
        kind: 'disconnected',
        gatewayName: gatewayName(before),
        source: to.source,
        reason: to.reason,
        problem: to.cause ? publicProblem(to.cause) : null,
      };
    default:
      return null;
  }
}

/** A refusal is new when the gate shows another one than before. */
function refusedProof(from: ConnectionState, to: ConnectionState): Pick<ActivityDraft, 'problem'> | null {
  const failure = promptOf(to)?.lastFailure ?? null;
  if (failure === null || failure === (promptOf(from)?.lastFailure ?? null)) return null;
  return { problem: publicProblem(failure) };
}

function promptOf(state: ConnectionState) {
  if (state.phase === 'gate') return state.prompt;
  return state.phase === 'connected' ? state.renewal : null;
}

/** Name of the gateway that the connection is about. */
export function gatewayName({ connection, gateways }: Snapshot): string | null {
  const id =
    'gatewayId' in connection
      ? connection.gatewayId
      : connection.phase === 'gate'
        ? connection.prompt.gatewayId
        : null;
  return gateways.find((gateway) => gateway.id === id)?.name ?? null;
}
