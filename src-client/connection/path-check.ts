import type { Problem } from '../../src-shared/problem.ts';
import { issueId, type Step } from './step.ts';

/** What a gateway that the server does not hear may take to shake hands. */
const SILENCE_MS = 1_500;

/**
 * While the channel is away nobody says when access ends, and a gateway that has dropped the peer is silent; one that
 * the server does not hear may be gone. So it is asked now and then whether it still answers. `connected` is not shown
 * on past a gateway that does not.
 */
export function watchPath(step: Step): undefined {
  const { m } = step;
  if (!isPathInDoubt(m) || m.pathCheck !== null || m.view.phase !== 'connected') return;
  const id = issueId(step);
  m.pathCheck = { step: 'waiting', id };
  step.effects.push({ type: 'watchPath', id });
}

function isPathInDoubt(m: Step['m']): boolean {
  return !m.isChannelOpen || m.isGatewayAway;
}

export function pathCheckDue(step: Step, id: number): undefined {
  const { m } = step;
  if (m.pathCheck?.id !== id) return;
  m.pathCheck = null;
  if (isPathInDoubt(m) && m.view.phase === 'connected') askGateway(step);
}

/** A silent gateway is named within two seconds; one that is back is used at once. */
export function gatewayHeard(step: Step, isOnline: boolean): undefined {
  const { m } = step;
  const wasAway = m.isGatewayAway;
  m.isGatewayAway = !isOnline;
  if (m.lease === null || !m.isTunnelWanted) return;
  if (isOnline && (wasAway || m.path === 'dead')) return askGateway(step);
  if (!isOnline && !wasAway && m.view.phase === 'connected') return askGateway(step, SILENCE_MS);
}

/** Asks for a handshake; one that does not come in time ends `connected`. */
export function askGateway(step: Step, patienceMs?: number): undefined {
  const id = issueId(step);
  step.m.pathCheck = { step: 'asking', id, ...(patienceMs === undefined ? {} : { patienceMs }) };
  step.effects.push({ type: 'refreshTunnel', id });
}

export function refreshAnswered(step: Step, id: number, refusal: Problem | null): undefined {
  const { m } = step;
  if (m.pathCheck?.id !== id) return;
  if (refusal) {
    // A helper that cannot do it is not asked again while this channel is away.
    if (refusal.code === 'not-supported') return;
    m.pathCheck = null;
    return watchPath(step);
  }
  const { patienceMs } = m.pathCheck;
  m.pathCheck = { step: 'handshake', id };
  m.handshakeWatch = id;
  step.effects.push({ type: 'watchHandshake', id, ...(patienceMs === undefined ? {} : { patienceMs }) });
}
