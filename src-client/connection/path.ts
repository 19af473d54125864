import type { ConnectionState } from '../../src-shared/connection-state.ts';
import type { HelperStatus } from '../../src-shared/helper-rpc.ts';
import { type Problem, problem, problemKinds } from '../../src-shared/problem.ts';
import { SESSION_OVER } from './answers.ts';
import { accessEnded, leaseExpired, leave, reconnect, showReconnecting, signedOut } from './ending.ts';
import { renewOutdated } from './gate.ts';
import type { EpochOutcome } from './machine-types.ts';
import { goesOn, tryMove } from './move.ts';
import { handshakeHeard, pathDead, trafficHeard, tryOtherPorts, watchPath } from './path-check.ts';
import { cancelRetry, issueId, rest, type Step, scheduleRetry, show, tunnelUp } from './step.ts';

type Health = Extract<ConnectionState, { phase: 'connected' }>['health'];

/** WireGuard makes a new handshake every 120 s and refuses to send with keys older than 180 s (whitepaper §6). */
const STALE_HANDSHAKE_MS = 150_000;
const DEAD_HANDSHAKE_MS = 185_000;
const STAYS =
  'The helper did not take the tunnel down and is asked again; nothing comes through it any more.';
/** What may be wrong with the way to the server and says nothing of the lease. */
const SAYS_NOTHING_OF_LEASE: ReadonlySet<string> = new Set([
  'server-unreachable',
  'server-untrusted-certificate',
  'protocol-error',
  'too-many-attempts',
]);

/** Shows the tunnel as connected once bytes came through it and no question of the epoch is open. */
export function reach(step: Step): undefined {
  const { m, at } = step;
  if (m.lease === null || m.needsEpoch || (m.path !== 'good' && m.path !== 'stale')) return;
  cancelRetry(step);
  m.attempt = 0;
  m.handshakeWatch = null;
  m.since ??= new Date(at).toISOString();
  const wasConnected = m.view.phase === 'connected';
  const isOutdated = m.outdatedLease === m.lease.leaseId;
  const shown = m.view.phase === 'connected' ? m.view : { renewal: null, expiring: null };
  show(step, {
    phase: 'connected',
    gatewayId: m.lease.gatewayId,
    lease: m.lease,
    since: m.since,
    health: healthOf(m.path, m.lease.gatewayId, m.troubled),
    renewal: shown.renewal,
    expiring: shown.expiring,
    isOutdated,
    warning: m.warning,
  });
  watchPath(step);
  if (isOutdated && !wasConnected) renewOutdated(step);
}

/** What is wrong with the way itself is said before what the server says of the gateway. */
function healthOf(path: 'good' | 'stale', gatewayId: string, troubled: readonly string[]): Health {
  return path === 'good' && troubled.includes(gatewayId) ? 'degraded' : path;
}

/** Which gateways the server hears, the best first, and whose hosts keep packets from passing. */
export function gatewaysHeard(step: Step, online: readonly string[], troubled: readonly string[]): undefined {
  const { m } = step;
  m.online = online;
  m.troubled = troubled;
  if (m.view.phase === 'connected') reach(step);
  tryMove(step);
}

export function handshakeLate(step: Step, id: number): undefined {
  const { m } = step;
  if (m.handshakeWatch === id && m.path === 'unknown') pathDead(step);
}

/** The helper's newest word. One about another lease than the one in force is none about this connection. */
export function helperStatus(step: Step, status: HelperStatus, handshakeAgeMs: number | null): undefined {
  const { m } = step;
  if (m.lease === null) return;
  if (status.phase === 'down') {
    // Before `up` is answered this is still the end of the tunnel before.
    if (m.upCall === null && !m.isUpOwed) tunnelLost(step, problem('tunnel-failed'));
    return;
  }
  if (status.leaseId !== m.lease.leaseId) return;
  trafficHeard(step, status);
  if (status.phase === 'starting') {
    if (m.view.phase === 'connected') {
      m.path = 'stale';
      reach(step);
    }
    return;
  }
  if (handshakeAgeMs !== null && handshakeAgeMs > DEAD_HANDSHAKE_MS)
    return tryOtherPorts(step) ? undefined : pathDead(step);
  // Asked anew, and not answered yet: nothing is known but what was.
  if (handshakeAgeMs === null && m.isHandshakeOwed) return;
  handshakeHeard(step);
  m.path = handshakeAgeMs !== null && handshakeAgeMs > STALE_HANDSHAKE_MS ? 'stale' : 'good';
  reach(step);
}

/** The helper has no tunnel any more although the lease holds: it gets the lease again. */
export function tunnelLost(step: Step, cause: Problem): undefined {
  const { m } = step;
  if (m.lease === null) return;
  m.upCall = null;
  m.isUpOwed = true;
  m.handshakeWatch = null;
  m.pathCheck = null;
  m.isHandshakeOwed = false;
  m.path = 'unknown';
  reconnect(step, cause);
}

export function helperLost(step: Step, cause: Problem): undefined {
  const { m } = step;
  // A helper that is gone has taken its tunnel with it.
  if (m.leaving) return rest(step, m.leaving.cause, m.leaving.source);
  m.downCall = null;
  if (m.lease === null) return;
  if (problemKinds[cause.code].action === 'retry') return tunnelLost(step, cause);
  leave(step, cause, 'system');
}

export function helperReady(step: Step): undefined {
  if (step.m.isUpOwed) tunnelUp(step);
}

export function upAnswered(step: Step, id: number, refusal: Problem | null): undefined {
  const { m } = step;
  if (m.upCall !== id) return;
  m.upCall = null;
  if (!refusal) return;
  if (refusal.code === 'lease-expired') {
    return leaseExpired(step, refusal.detail);
  }
  if (problemKinds[refusal.code].action === 'retry') return tunnelLost(step, refusal);
  leave(step, refusal, 'system');
}

export function downAnswered(step: Step, id: number, refusal: Problem | null): undefined {
  const { m } = step;
  if (m.downCall !== id) return;
  m.downCall = null;
  // A helper that cannot be reached any more has taken its tunnel with it.
  const failure = refusal?.code === 'helper-unavailable' ? null : refusal;
  if (m.leaving) rest(step, m.leaving.cause ?? failure, m.leaving.source);
  if (failure === null) {
    m.isDownRefused = false;
    return;
  }
  const again = issueId(step);
  m.downCall = again;
  step.effects.push({ type: 'repeatDown', id: again });
  if (m.isDownRefused) return;
  m.isDownRefused = true;
  step.effects.push({ type: 'notify', kind: 'tunnel-stays', text: `${STAYS} ${failure.detail}` });
}

/** A tunnel that is wanted again meanwhile is left alone. */
export function downDue(step: Step, id: number): undefined {
  if (step.m.downCall === id && !step.m.isTunnelWanted) step.effects.push({ type: 'helperDown', id });
}

/** After sleep, a new network or a new channel nothing is shown as connected before the server has confirmed it. */
export function mustConfirm(step: Step): undefined {
  const { m } = step;
  if (m.lease === null && m.request === null) return;
  m.needsEpoch = true;
  if (m.view.phase === 'connected') showReconnecting(step, null);
}

/** The newest epoch, from wherever. A lease from before it is worth nothing. */
export function epochHeard(step: Step, epoch: number): undefined {
  const { m } = step;
  if (epoch <= m.knownEpoch) return;
  m.knownEpoch = epoch;
  if (m.lease && m.lease.epoch < epoch) accessEnded(step, null, null);
}

export function epochAnswered(step: Step, id: number, outcome: EpochOutcome): undefined {
  const { m } = step;
  if (m.epochQuestion !== id) return;
  m.epochQuestion = null;
  if ('refused' in outcome) return epochRefused(step, outcome.refused);
  epochHeard(step, outcome.epoch);
  if (m.lease === null) return;
  const isOurs = outcome.leaseId === m.lease.leaseId;
  // What is under way may have put a lease into force that this client has not heard of yet, or do so any moment.
  if (m.request !== null && (!isOurs || m.request.purpose === 'move')) return scheduleRetry(step);
  if (!isOurs) {
    if (!goesOn(step)) return accessEnded(step, null, null);
    scheduleRetry(step);
    return tryMove(step);
  }
  m.needsEpoch = false;
  reach(step);
  // A lease that holds over a dead path may still end meanwhile: ask again later.
  if (m.view.phase === 'connected' || m.path !== 'dead') return;
  scheduleRetry(step);
  tryMove(step);
}

function epochRefused(step: Step, refusal: Problem): undefined {
  if (SESSION_OVER.has(refusal.code)) return signedOut(step, null);
  const isPassing = problemKinds[refusal.code].action === 'retry' || SAYS_NOTHING_OF_LEASE.has(refusal.code);
  if (!isPassing) return leave(step, refusal, 'server');
  scheduleRetry(step);
  if (step.m.view.phase === 'reconnecting') showReconnecting(step, refusal);
}
