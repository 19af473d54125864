import type { Challenge } from '../../src-shared/challenge.ts';
import type { ConnectionState, Source } from '../../src-shared/connection-state.ts';
import { isGated } from '../../src-shared/policy.ts';
import { type Problem, problem } from '../../src-shared/problem.ts';
import { takeOnline } from './choice.ts';
import type { Effect, Machine, ProofRef, RequestPurpose } from './machine-types.ts';
import { patienceWith } from './port-patience.ts';
import { remember } from './tried-proofs.ts';

/** No answer from the gateway for this long after `up`: the path is taken for dead. */
const FIRST_HANDSHAKE_MS = 10_000;

/** One transition under way: a private copy of the machine, and what shall be done. */
export interface Step {
  m: { -readonly [K in keyof Machine]: Machine[K] };
  effects: Effect[];
  /** Server time, milliseconds since 1970. */
  at: number;
}

export function show(step: Step, view: ConnectionState): undefined {
  step.m.view = view;
}

export function issueId(step: Step): number {
  step.m.lastId += 1;
  return step.m.lastId;
}

/** Unknown counts as gated: on doubt the user is asked. */
export function isStepUpExpected(step: Step): boolean {
  return step.m.policy === null || isGated(step.m.policy);
}

/** Sends one request for a connection; an answer to an earlier one is worth nothing from now on. */
export function request(
  step: Step,
  purpose: RequestPurpose,
  options: {
    challenge?: Challenge;
    proof?: ProofRef;
    ticket?: number;
    gatewayId?: string;
    moveOf?: string;
  } = {},
): undefined {
  const { m } = step;
  if (m.gatewayId === null) return;
  dropRequest(step);
  takeOnline(m);
  const id = issueId(step);
  const proof = options.proof ?? null;
  m.request = { id, purpose, proof, isSent: proof === null, ticket: options.ticket ?? null };
  step.effects.push({
    type: 'requestConnection',
    id,
    gatewayId: options.gatewayId ?? m.gatewayId,
    challenge: options.challenge ?? null,
    moveOf: options.moveOf ?? null,
    knownEpoch: m.knownEpoch,
    proof,
    keyPair: m.lease === null ? 'new' : 'keep',
  });
}

/** Forgets the request under way. A code inside it that has left may have reached the server: it counts as spent. */
export function dropRequest(step: Step, why: Problem = problem('cancelled')): undefined {
  const { request: open, heldProof } = step.m;
  if (open?.proof) {
    if (open.isSent) step.m.tried = remember(step.m.tried, open.proof, step.at, problem('code-already-used'));
    else step.effects.push({ type: 'abandonProof', id: open.id });
    settle(step, open.proof.ticket, why);
  }
  if (open && open.ticket !== null) settle(step, open.ticket, why);
  if (heldProof) settle(step, heldProof.ticket, why);
  step.m.request = null;
  step.m.heldProof = null;
}

export function settle(step: Step, ticket: number, answer: Problem | null): undefined {
  step.effects.push({ type: 'settle', ticket, problem: answer });
}

/** Waits with full jitter before `pursue` (see `machine.ts`); a wait that is already running ends. */
export function scheduleRetry(step: Step): undefined {
  cancelRetry(step);
  step.m.attempt += 1;
  const id = issueId(step);
  step.m.retry = id;
  step.effects.push({ type: 'scheduleRetry', id, attempt: step.m.attempt });
}

export function cancelRetry(step: Step): undefined {
  if (step.m.retry === null) return;
  step.m.retry = null;
  step.effects.push({ type: 'cancelRetry' });
}

/** Hands the lease in force to the helper. */
export function tunnelUp(step: Step): undefined {
  const { m } = step;
  if (m.lease === null) return;
  const id = issueId(step);
  m.upCall = id;
  m.isTunnelWanted = true;
  m.downCall = null;
  m.isUpOwed = false;
  m.handshakeWatch = id;
  const delayMs = patienceWith(m.lease, FIRST_HANDSHAKE_MS);
  step.effects.push(
    { type: 'helperUp', id, leaseId: m.lease.leaseId },
    { type: 'watchHandshake', id, delayMs },
  );
}

/** Nothing is known of the way to this gateway yet. */
export function forgetPath({ m }: Step): undefined {
  m.since = null;
  m.path = 'unknown';
  m.pathCheck = null;
  m.isHandshakeOwed = false;
  m.rxBytes = 0;
  m.sent = null;
}

/** Forgets the lease and tells the helper, if it was ever told to go up. Returns whether it had to be told. */
export function tunnelDown(step: Step): boolean {
  const { m } = step;
  const wasWanted = m.isTunnelWanted;
  m.lease = null;
  forgetPath(step);
  m.needsEpoch = false;
  m.epochQuestion = null;
  m.upCall = null;
  m.isUpOwed = false;
  m.handshakeWatch = null;
  if (!wasWanted) return false;
  m.isTunnelWanted = false;
  const id = issueId(step);
  m.downCall = id;
  step.effects.push({ type: 'helperDown', id });
  return true;
}

/** Asks the server for epoch and lease, once at a time. */
export function askEpoch(step: Step): undefined {
  const id = issueId(step);
  step.m.epochQuestion = id;
  step.effects.push({ type: 'askEpoch', id });
}

/** Nothing is up any more, and this is where it ends. */
export function rest(step: Step, cause: Problem | null, source: Source | null): undefined {
  step.m.attempt = 0;
  step.m.warning = null;
  step.m.leaving = null;
  step.m.needsEpoch = false;
  show(step, { phase: 'disconnected', cause, reason: step.m.endReason, source });
}
