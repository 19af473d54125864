import type { HelperStatus } from '../../src-shared/helper-rpc.ts';
import { type Problem, problem } from '../../src-shared/problem.ts';
import { showReconnecting } from './ending.ts';
import { forgetTried, tryMove } from './move.ts';
import { hasMorePorts, patienceWith } from './port-patience.ts';
import { askEpoch, issueId, type Step } from './step.ts';

/** Between two questions. A restart of the server takes less. */
const CHECK_MS = 10_000;
/** What a handshake may take, with one that got lost: WireGuard repeats it after 5 s (whitepaper §6.4). */
const HANDSHAKE_MS = 10_000;
/** The same of a gateway that the server does not hear, whatever its ports, so that one that is gone is named within two seconds. */
const SILENCE_MS = 1_500;
/** How long what was sent may go without any answer. */
const UNANSWERED_MS = 15_000;
/** Then WireGuard has tried twice. */
const REPEATED_HANDSHAKE_MS = 6_000;
/** Two keepalives, which nobody answers; the smallest packet with something in it takes more. */
const KEEPALIVES_BYTES = 64;

/**
 * While the channel is away nobody says when access ends, and a gateway that has dropped the peer is silent; one that
 * the server does not hear may be gone; one that was asked owes an answer. So `connected` is shown on only with a check
 * under way.
 */
export function watchPath(step: Step): undefined {
  const { m } = step;
  if (!isPathInDoubt(m) || m.pathCheck !== null || m.view.phase !== 'connected') return;
  const id = issueId(step);
  m.pathCheck = { step: 'waiting', id, rxBytes: m.rxBytes };
  step.effects.push({ type: 'watchPath', id, delayMs: CHECK_MS });
}

function isPathInDoubt(m: Step['m']): boolean {
  return !m.isChannelOpen || m.isGatewayAway || m.isHandshakeOwed;
}

/** A doubt is gone. A question that is out is waited for all the same: it has taken the handshake before it away. */
export function trustPath({ m }: Step): undefined {
  const { step: checkStep = null } = m.pathCheck ?? {};
  if (!isPathInDoubt(m) && (checkStep === 'waiting' || checkStep === 'unsupported')) m.pathCheck = null;
}

/** The end of a wait: for the next question, or for the answer to the last. */
export function pathCheckDue(step: Step, id: number): undefined {
  const { m } = step;
  const check = m.pathCheck;
  if (check?.id !== id) return;
  if (check.step === 'handshake') {
    m.pathCheck = null;
    return pathDead(step);
  }
  if (check.step !== 'waiting') return;
  m.pathCheck = null;
  if (m.view.phase !== 'connected') return;
  // What comes in proves the peer, and a question costs what is under way.
  if (m.rxBytes > check.rxBytes && !m.isHandshakeOwed) return watchPath(step);
  if (isPathInDoubt(m)) askGateway(step);
}

/** A silent gateway is named within two seconds; one that is back is used at once. */
export function gatewayHeard(step: Step, isOnline: boolean): undefined {
  const { m } = step;
  const wasAway = m.isGatewayAway;
  m.isGatewayAway = !isOnline;
  trustPath(step);
  tryMove(step);
  if (m.lease === null || m.upCall !== null || m.isUpOwed) return watchPath(step);
  if (isOnline && (wasAway || m.path === 'dead')) return askGateway(step);
  if (!isOnline && !wasAway && m.view.phase === 'connected') return ask(step, SILENCE_MS);
}

/** Asks for a handshake; one that does not come in time, by any port of the gateway, ends `connected`. */
export function askGateway(step: Step, patienceMs = HANDSHAKE_MS): undefined {
  ask(step, patienceWith(step.m.lease, patienceMs));
}

/** Asks where the session is over, if the other ports of the gateway have not had their turn; false where nothing is left. */
export function tryOtherPorts(step: Step): boolean {
  const { m } = step;
  if (m.lease === null || !hasMorePorts(m.lease) || m.view.phase !== 'connected') return false;
  if (m.pathCheck?.step === 'unsupported') return false;
  if (m.pathCheck === null || m.pathCheck.step === 'waiting') askGateway(step);
  return true;
}

function ask(step: Step, patienceMs: number): undefined {
  const id = issueId(step);
  step.m.pathCheck = { step: 'asking', id, patienceMs };
  step.effects.push({ type: 'refreshTunnel', id });
}

export function refreshAnswered(step: Step, id: number, refusal: Problem | null): undefined {
  const { m } = step;
  const check = m.pathCheck;
  if (check?.step !== 'asking' || check.id !== id) return;
  if (refusal?.code === 'not-supported') {
    m.pathCheck = { step: 'unsupported', id };
    return;
  }
  m.pathCheck = null;
  if (refusal) return watchPath(step);
  m.isHandshakeOwed = true;
  m.pathCheck = { step: 'handshake', id };
  step.effects.push({ type: 'watchPath', id, delayMs: check.patienceMs });
}

/**
 * What comes and goes. WireGuard answers every packet that has something in it within ten seconds, if only with a
 * keepalive, and calls a peer silent that has not after fifteen (whitepaper §6.5); from then on it is asked.
 */
export function trafficHeard(
  step: Step,
  { rxBytes, txBytes }: Pick<HelperStatus, 'rxBytes' | 'txBytes'>,
): undefined {
  const { m, at } = step;
  const sent = m.sent;
  if (sent === null || rxBytes !== m.rxBytes) {
    m.rxBytes = rxBytes;
    m.sent = { txBytes, unansweredAt: null };
    return;
  }
  const { unansweredAt } = sent;
  if (unansweredAt === null) {
    const needsAnswer = txBytes - sent.txBytes > KEEPALIVES_BYTES;
    m.sent = needsAnswer ? { ...sent, unansweredAt: at } : { txBytes, unansweredAt };
    return;
  }
  const isAsked = m.pathCheck !== null && m.pathCheck.step !== 'waiting';
  // A clock that was set back begins the wait anew.
  if (at < unansweredAt) m.sent = { ...sent, unansweredAt: at };
  if (at - unansweredAt < UNANSWERED_MS || isAsked || m.view.phase !== 'connected') return;
  m.sent = { txBytes, unansweredAt: null };
  askGateway(step, REPEATED_HANDSHAKE_MS);
}

/** The handshake that was asked for. */
export function handshakeHeard({ m }: Step): undefined {
  m.isHandshakeOwed = false;
  if (m.pathCheck?.step === 'handshake') m.pathCheck = null;
}

/** Where the server hears both ends, it is what lies between them that lets this traffic alone not through. */
function silenceOf({ m }: Step): Problem {
  if (m.isChannelOpen && !m.isGatewayAway) return problem('vpn-blocked');
  return problem('tunnel-failed', 'The gateway does not answer through the tunnel.');
}

/** Nothing comes through. The lease may still hold, so the server is asked. */
export function pathDead(step: Step): undefined {
  const { m } = step;
  if (m.lease === null || m.path === 'dead') return;
  m.path = 'dead';
  m.needsEpoch = true;
  askEpoch(step);
  if (m.view.phase === 'connected' || m.view.phase === 'connecting') showReconnecting(step, silenceOf(step));
  forgetTried(step);
  tryMove(step);
}
