import type { Challenge } from '../../src-shared/challenge.ts';
import { proofUnspentExtra, sessionEndedExtra, stepUpExtra } from '../../src-shared/client-api.ts';
import type { LeaseSummary } from '../../src-shared/connection-state.ts';
import { noGateWarning } from '../../src-shared/policy.ts';
import { type Problem, problem, problemKinds } from '../../src-shared/problem.ts';
import { takeNext } from './choice.ts';
import { accessEnded, leave, reconnect, signedOut } from './ending.ts';
import {
  changePrompt,
  closeRenewal,
  freshChallenge,
  newPrompt,
  openGate,
  openPrompt,
  tryAgain,
} from './gate.ts';
import type { ConnectionOutcome, Machine, ProofRef } from './machine-types.ts';
import { moveRefused } from './move.ts';
import {
  askEpoch,
  cancelRetry,
  forgetPath,
  isStepUpExpected,
  rest,
  type Step,
  scheduleRetry,
  settle,
  show,
  tunnelUp,
} from './step.ts';
import { remember } from './tried-proofs.ts';

type OpenRequest = NonNullable<Machine['request']>;

/** Answers about the session itself, whatever was asked. */
export const SESSION_OVER: ReadonlySet<string> = new Set(['session-invalid', 'signed-out']);
/**
 * The server did not look at the code, so that it is as good as before: the unlock proof is checked ahead of it.
 * `step-up-required` comes after it was spent.
 */
const NOT_LOOKED_AT: ReadonlySet<string> = new Set([
  'challenge-invalid',
  'too-many-attempts',
  'wrong-pin',
  'pin-removed',
  'unlock-refused',
  'unlock-not-enrolled',
]);
/** `stop` for this method, but another one may still open the gate. */
const OTHER_METHOD_MAY_HELP: ReadonlySet<string> = new Set(['factor-disabled']);
/** Without another question in the answer: nothing is left to prove with before something is set up. */
const NEEDS_SET_UP: ReadonlySet<string> = new Set(['unlock-not-enrolled', 'pin-removed']);
/** The user let the question of the system be: no failure, no try. */
const LET_BE: ReadonlySet<string> = new Set(['cancelled', 'prompt-timeout']);

/** The answer to a request for a connection. A lease that nobody waits for is given back. */
export function connectionAnswered(step: Step, id: number, outcome: ConnectionOutcome): undefined {
  const open = step.m.request;
  if (open?.id !== id) {
    if ('granted' in outcome) giveBack(step, outcome.granted);
    return;
  }
  step.m.request = null;
  if ('granted' in outcome) return granted(step, open, outcome.granted);
  refused(step, open, outcome.refused, outcome.challenge, outcome.mayHaveArrived);
  // What is shown as the cause of a wait is about the gateway that was asked for.
  if (outcome.refused.code === 'gateway-unavailable') takeNext(step.m);
}

function giveBack(step: Step, lease: LeaseSummary): undefined {
  if (lease.leaseId === step.m.lease?.leaseId) return;
  step.effects.push({ type: 'deleteConnection', leaseId: lease.leaseId });
}

function granted(step: Step, open: OpenRequest, lease: LeaseSummary): undefined {
  const { m } = step;
  const held = m.heldProof;
  m.heldProof = null;
  if (open.proof) m.tried = remember(m.tried, open.proof, step.at, problem('code-already-used'));
  const ticket = open.proof?.ticket ?? held?.ticket ?? open.ticket;
  if (lease.epoch < m.knownEpoch || m.endedLeases.includes(lease.leaseId)) {
    giveBack(step, lease);
    if (ticket !== null) settle(step, ticket, problem('challenge-invalid'));
    return accessEnded(step, m.endReason, null);
  }
  if (open.purpose === 'ask' && isStepUpExpected(step)) {
    giveBack(step, lease);
    if (m.view.phase === 'gate') return;
    return rest(step, null, 'server');
  }
  if (open.purpose === 'ask') m.warning = noGateWarning;
  if (ticket !== null) settle(step, ticket, null);
  accept(step, lease);
}

function accept(step: Step, lease: LeaseSummary): undefined {
  const { m } = step;
  // Back at a gateway that had fallen silent, nothing is known of the way either.
  const isMove = m.lease !== null && m.lease.gatewayId !== lease.gatewayId;
  const isRenewal = m.lease?.gatewayId === lease.gatewayId && m.path !== 'dead';
  if (m.lease !== null && !isRenewal) {
    m.gatewayId = lease.gatewayId;
    m.isGatewayAway = !m.online.includes(lease.gatewayId);
  }
  cancelRetry(step);
  m.knownEpoch = Math.max(m.knownEpoch, lease.epoch);
  m.lease = lease;
  m.move = null;
  m.waits = [];
  m.endReason = null;
  if (!isRenewal) forgetPath(step);
  step.effects.push({ type: 'watchExpiry', leaseId: lease.leaseId, expiresAt: lease.expiresAt });
  tunnelUp(step);
  // Sleep or a new network came in between, or the question under way was about the lease before.
  if (m.needsEpoch) askEpoch(step);
  if (m.view.phase === 'connected')
    return show(step, { ...m.view, lease, renewal: null, expiring: null, isOutdated: false });
  show(step, { phase: 'connecting', gatewayId: lease.gatewayId, attempt: isMove ? 1 : m.attempt + 1, lease });
}

function refused(
  step: Step,
  open: OpenRequest,
  refusal: Problem,
  challenge: Challenge | null,
  mayHaveArrived: boolean,
): undefined {
  if (open.proof && open.isSent) noteTried(step, open.proof, refusal, mayHaveArrived);
  if (challenge) noteEpoch(step, refusal);
  if (SESSION_OVER.has(refusal.code)) {
    settleOpen(step, open, refusal);
    return signedOut(step, sessionEndedExtra.safeParse(refusal).data?.reason ?? null);
  }
  if (!open.isSent) return proofNotMade(step, open, refusal);
  switch (open.purpose) {
    case 'connect':
    case 'ask':
      return plainRefused(step, open, refusal, challenge);
    case 'prove':
      return proofRefused(step, open, refusal, challenge);
    case 'renew':
      return renewRefused(step, open, refusal, challenge);
    case 'move':
      return moveRefused(step, refusal, challenge !== null);
    case 'refresh':
      if (challenge) return freshChallenge(step, challenge);
      if (step.m.heldProof) settle(step, step.m.heldProof.ticket, refusal);
      step.m.heldProof = null;
      if (isFinal(refusal)) return stopAtPrompt(step, refusal);
      return changePrompt(step, { isChecking: false, lastFailure: refusal });
  }
}

/** The epoch that a question is of; with a lease, what the channel says is waited for. */
function noteEpoch({ m }: Step, refusal: Problem): undefined {
  const { epoch = -1 } = stepUpExtra.safeParse(refusal).data ?? {};
  if (m.lease === null) m.knownEpoch = Math.max(m.knownEpoch, epoch);
}

function noteTried(step: Step, proof: ProofRef, refusal: Problem, mayHaveArrived: boolean): undefined {
  if (refusal.code === 'server-unreachable' && !mayHaveArrived) return;
  if (NOT_LOOKED_AT.has(refusal.code) || proofUnspentExtra.safeParse(refusal).success) return;
  const answer = refusal.code === 'invalid-code' ? refusal : problem('code-already-used');
  step.m.tried = remember(step.m.tried, proof, step.at, answer);
}

function plainRefused(
  step: Step,
  open: OpenRequest,
  refusal: Problem,
  challenge: Challenge | null,
): undefined {
  if (challenge) {
    settleOpen(step, open, null);
    return openGate(step, challenge, step.m.endReason);
  }
  settleOpen(step, open, refusal);
  if (problemKinds[refusal.code].action !== 'retry') return leave(step, refusal, 'server');
  if (open.purpose === 'connect') return reconnect(step, refusal);
  // The gate is due: what is retried here is the question, never the way past it.
  scheduleRetry(step);
}

function proofRefused(
  step: Step,
  open: OpenRequest,
  refusal: Problem,
  challenge: Challenge | null,
): undefined {
  settleOpen(step, open, refusal);
  if (challenge || !isFinal(refusal)) return tryAgain(step, refusal, challenge, open.proof);
  stopAtPrompt(step, refusal);
}

/** This computer could not make the proof: nothing was sent, and another way may still lead through the gate. */
function proofNotMade(step: Step, open: OpenRequest, refusal: Problem): undefined {
  settleOpen(step, open, refusal);
  const isQuiet = LET_BE.has(refusal.code);
  changePrompt(step, { isChecking: false, prompting: null, ...(isQuiet ? {} : { lastFailure: refusal }) });
}

function renewRefused(
  step: Step,
  open: OpenRequest,
  refusal: Problem,
  challenge: Challenge | null,
): undefined {
  const { m } = step;
  settleOpen(step, open, challenge ? null : refusal);
  if (!challenge || m.view.phase !== 'connected' || m.gatewayId === null) return;
  show(step, { ...m.view, renewal: newPrompt(step, m.gatewayId, challenge, null) });
  step.effects.push({ type: 'warmServer' });
}

function isFinal(refusal: Problem): boolean {
  if (NEEDS_SET_UP.has(refusal.code)) return true;
  return problemKinds[refusal.code].action === 'stop' && !OTHER_METHOD_MAY_HELP.has(refusal.code);
}

/** No proof will help. A running tunnel stays until its lease ends; the gate closes. */
function stopAtPrompt(step: Step, refusal: Problem): undefined {
  if (openPrompt(step) && step.m.view.phase === 'connected') return closeRenewal(step);
  leave(step, refusal, 'server');
}

function settleOpen(step: Step, open: OpenRequest, answer: Problem | null): undefined {
  if (open.proof) settle(step, open.proof.ticket, answer);
  if (open.ticket !== null) settle(step, open.ticket, answer);
}
