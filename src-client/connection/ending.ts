import type { Challenge, Reason } from '../../src-shared/challenge.ts';
import type { Source } from '../../src-shared/connection-state.ts';
import { noGateWarning } from '../../src-shared/policy.ts';
import { type Problem, problem } from '../../src-shared/problem.ts';
import { forgetTyped, openGate, openPrompt } from './gate.ts';
import {
  cancelRetry,
  dropRequest,
  isStepUpExpected,
  request,
  rest,
  type Step,
  scheduleRetry,
  show,
  tunnelDown,
} from './step.ts';

/** Ends that another client of this device brought about: without a gate the two would throw each other out forever. */
const TAKEN_OVER: ReadonlySet<string> = new Set(['replaced', 'user']);

/**
 * The permission has ended, whoever says so. The tunnel goes down and in the same moment the user is asked for a
 * proof; only where no gate policy is on, the client comes back by itself, with a warning.
 */
export function accessEnded(step: Step, reason: Reason | null, challenge: Challenge | null): undefined {
  const { m } = step;
  const openQuestion = openPrompt(step);
  const epochOfLease = m.lease?.epoch ?? -1;
  dropRequest(step, problem('challenge-invalid'));
  cancelRetry(step);
  tunnelDown(step);
  m.endReason = reason;
  m.leaving = null;
  notifyEnd(step, reason);
  // Nothing leads back to a gateway that is gone; whoever is there chooses another, and is asked for it then.
  if (reason?.code === 'gateway-removed') return rest(step, null, 'server');
  // A renewal prompt outlives the expiry of its lease as long as no disconnect has voided its challenge.
  const stillOpen = openQuestion && epochOfLease === m.knownEpoch ? openQuestion.challenge : null;
  const question = challenge ?? (reason?.code === 'lease-expired' ? stillOpen : null);
  if (question) return openGate(step, question, reason);
  if (isStepUpExpected(step)) return askForChallenge(step);
  if (reason && TAKEN_OVER.has(reason.code)) return rest(step, null, 'server');
  m.warning = noGateWarning;
  reconnect(step, null);
}

/** The gate is due and the question is not here yet: nothing else happens until the server has put it. */
export function askForChallenge(step: Step): undefined {
  show(step, { phase: 'disconnecting', next: 'gate', reason: step.m.endReason });
  request(step, 'ask');
}

/** The path or the server is missing; the lease, if there is one, still holds. */
export function reconnect(step: Step, cause: Problem | null): undefined {
  scheduleRetry(step);
  showReconnecting(step, cause);
}

export function showReconnecting(step: Step, cause: Problem | null): undefined {
  const { m } = step;
  if (m.gatewayId === null) return rest(step, cause, 'system');
  // The prompt of a renewal goes from the screen, and with it what the system was asked for it.
  forgetTyped(step);
  show(step, {
    phase: 'reconnecting',
    gatewayId: m.gatewayId,
    lease: m.lease,
    cause,
    attempt: m.attempt,
    nextTryAt: null,
    warning: m.warning,
  });
}

/** Stops everything; the server is told of a lease that it still holds alive. */
export function leave(step: Step, cause: Problem | null, source: Source | null, answer?: Problem): undefined {
  const { m } = step;
  const lease = m.lease;
  dropRequest(step, answer ?? cause ?? problem('cancelled'));
  cancelRetry(step);
  const isGoingDown = tunnelDown(step);
  if (lease) step.effects.push({ type: 'deleteConnection', leaseId: lease.leaseId });
  if (!isGoingDown) return rest(step, cause, source);
  m.leaving = { cause, source };
  show(step, { phase: 'disconnecting', next: 'disconnected', reason: m.endReason });
}

/** The session is over: the tunnel goes with it, and so does everything that was known of the server. */
export function signedOut(step: Step, reason: Reason | null): undefined {
  const { m } = step;
  dropRequest(step, problem('session-invalid'));
  cancelRetry(step);
  tunnelDown(step);
  Object.assign(m, {
    gatewayId: null,
    knownEpoch: -1,
    policy: null,
    attempt: 0,
    waits: [],
    warning: null,
    endReason: null,
    isChannelOpen: false,
    isGatewayAway: false,
    isAuto: false,
    online: [],
    troubled: [],
    pathCheck: null,
    isHandshakeOwed: false,
    isChannelStopped: false,
    leaving: null,
  } satisfies Partial<Step['m']>);
  step.effects.push({ type: 'forgetSession' });
  if (reason) step.effects.push({ type: 'notify', kind: 'signed-out', text: reason.message });
  show(step, { phase: 'signed-out', reason });
}

function notifyEnd(step: Step, reason: Reason | null): undefined {
  if (!reason) return;
  step.effects.push({ type: 'notify', kind: 'disconnected-by-server', text: reason.message });
}

export function leaseExpired(step: Step, message = 'The permission to connect has run out.'): undefined {
  const at = new Date(step.at).toISOString();
  accessEnded(step, { code: 'lease-expired', message, at }, null);
}
