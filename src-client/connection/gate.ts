import type { Challenge, Reason } from '../../src-shared/challenge.ts';
import { invalidCodeExtra } from '../../src-shared/client-api.ts';
import type { GatePrompt } from '../../src-shared/connection-state.ts';
import { type Problem, problem } from '../../src-shared/problem.ts';
import { promptOf, unfitness } from './fitness.ts';
import type { ProofRef } from './machine-types.ts';
import { dropRequest, isStepUpExpected, request, type Step, settle, show } from './step.ts';
import { earlierAnswer } from './tried-proofs.ts';
import { afterWrongPin, noteChallenge, noteRefusal, shownWait, waitRefusal } from './waits.ts';

/** What a typed answer needs: the making of the proof (argon2id) and the way to the server. */
const TYPED_NEEDS_MS = 2_000;
/** Below this a question of the system would often outlive its challenge (60 s). */
const PROMPT_NEEDS_MS = 50_000;

/** The prompt that the user is looking at: the gate, or the renewal beside a running tunnel. */
export function openPrompt(step: Step): GatePrompt | null {
  const { view } = step.m;
  if (view.phase === 'gate') return view.prompt;
  return view.phase === 'connected' ? view.renewal : null;
}

/** Changes the open prompt where it is. */
export function changePrompt(step: Step, change: Partial<GatePrompt>): undefined {
  const { view } = step.m;
  if (view.phase === 'gate') show(step, { phase: 'gate', prompt: { ...view.prompt, ...change } });
  else if (view.phase === 'connected' && view.renewal)
    show(step, { ...view, renewal: { ...view.renewal, ...change } });
}

export function newPrompt(
  step: Step,
  gatewayId: string,
  challenge: Challenge,
  reason: Reason | null,
): GatePrompt {
  noteChallenge(step, challenge);
  return {
    gatewayId,
    challenge,
    reason: challenge.reason ?? reason,
    lastFailure: null,
    attemptsLeft: null,
    waitUntil: shownWait(step, challenge),
    isChecking: false,
    prompting: null,
  };
}

/** Puts the question to the user. The connection to the server is warmed while they look for their phone. */
export function openGate(step: Step, challenge: Challenge, reason: Reason | null): undefined {
  if (step.m.gatewayId === null) return;
  step.m.attempt = 0;
  show(step, { phase: 'gate', prompt: newPrompt(step, step.m.gatewayId, challenge, reason) });
  step.effects.push({ type: 'warmServer' });
}

/** The user answers the prompt. A code that was sent before is answered here and never goes out again. */
export function submit(step: Step, proof: ProofRef): undefined {
  const { m, at } = step;
  const prompt = openPrompt(step);
  if (!prompt) return settle(step, proof.ticket, problem('wrong-state', 'Nothing is being asked right now.'));
  if (prompt.isChecking || prompt.prompting !== null)
    return settle(step, proof.ticket, problem('wrong-state', 'An answer is being checked already.'));
  const refusal = unfitness(prompt.challenge, proof) ?? waitRefusal(m.waits, proof, at);
  if (refusal) return settle(step, proof.ticket, refusal);
  const earlier = earlierAnswer(m.tried, proof, at);
  if (earlier) {
    changePrompt(step, { lastFailure: earlier });
    return settle(step, proof.ticket, earlier);
  }
  if (isGoodFor(prompt.challenge, proof, at)) return prove(step, prompt.challenge, proof);
  changePrompt(step, { isChecking: true });
  request(step, 'refresh');
  m.heldProof = proof;
}

/** Whether the challenge lasts until the proof is there: a person in front of a sensor takes longer than a machine. */
function isGoodFor(challenge: Challenge, proof: ProofRef, at: number): boolean {
  const neededMs = promptOf(proof) === null ? TYPED_NEEDS_MS : PROMPT_NEEDS_MS;
  return Date.parse(challenge.expiresAt) - at >= neededMs;
}

function prove(step: Step, challenge: Challenge, proof: ProofRef): undefined {
  const prompting = promptOf(proof);
  request(step, 'prove', { challenge, proof });
  changePrompt(step, { isChecking: prompting === null, prompting });
}

/** The system has been asked, if it had to be; what remains is the server's word. */
export function proofSent(step: Step, id: number): undefined {
  const { request: open } = step.m;
  if (open?.id !== id) return;
  step.m.request = { ...open, isSent: true };
  changePrompt(step, { isChecking: true, prompting: null });
}

/** Takes back the question of the system, open or about to be; an answer that is on its way stays so. */
export function cancelPrompt(step: Step): undefined {
  const { request: open, heldProof } = step.m;
  const pending = heldProof ?? (open?.isSent ? null : open?.proof);
  if (pending && promptOf(pending) !== null) forgetTyped(step);
}

/** Drops every answer that has not left this computer. The prompt stays as it was. */
export function forgetTyped(step: Step): undefined {
  const { request: open, heldProof } = step.m;
  const isPending = heldProof !== null || (open?.proof && !open.isSent);
  if (!isPending) return;
  dropRequest(step);
  changePrompt(step, { isChecking: false, prompting: null });
}

/** A fresh challenge for the prompt on screen. A held answer goes out with it unless the reason has changed meanwhile. */
export function freshChallenge(step: Step, challenge: Challenge): undefined {
  const prompt = openPrompt(step);
  if (!prompt) return;
  const { m } = step;
  const proof = m.heldProof;
  const isSameReason = (challenge.reason ?? prompt.reason)?.at === prompt.reason?.at;
  m.request = null;
  m.heldProof = null;
  noteChallenge(step, challenge);
  changePrompt(step, {
    challenge,
    reason: challenge.reason ?? prompt.reason,
    isChecking: false,
    waitUntil: shownWait(step, challenge),
  });
  if (!proof) return;
  const isFitting = isSameReason && unfitness(challenge, proof) === null;
  if (!isFitting) return settle(step, proof.ticket, problem('challenge-invalid'));
  const refusal = waitRefusal(m.waits, proof, step.at);
  if (refusal) return settle(step, proof.ticket, refusal);
  prove(step, challenge, proof);
}

/** The server refused the proof and the user may try again: with the same challenge or with a new one. */
export function tryAgain(
  step: Step,
  refusal: Problem,
  challenge: Challenge | null,
  proof: ProofRef | null,
): undefined {
  const prompt = openPrompt(step);
  if (!prompt) return;
  noteRefusal(step, refusal, proof);
  if (challenge) noteChallenge(step, challenge);
  const counted = invalidCodeExtra.safeParse(refusal);
  const attemptsLeft = counted.success ? (counted.data.attemptsLeft ?? null) : null;
  const shown = challenge ?? afterWrongPin(step, prompt.challenge, refusal);
  changePrompt(step, {
    lastFailure: refusal,
    isChecking: false,
    prompting: null,
    ...(attemptsLeft === null ? {} : { attemptsLeft }),
    waitUntil: shownWait(step, shown),
    challenge: shown,
    ...(challenge ? { attemptsLeft: null } : {}),
    ...(challenge?.reason ? { reason: challenge.reason } : {}),
  });
  if (challenge || refusal.code !== 'challenge-invalid') return;
  changePrompt(step, { isChecking: true });
  request(step, 'refresh');
}

/** Closes the renewal prompt; the tunnel stays as it is. */
export function closeRenewal(step: Step): undefined {
  dropRequest(step);
  if (step.m.view.phase === 'connected') show(step, { ...step.m.view, renewal: null });
}

/** Asks for a lease that follows the running one. */
export function startRenewal(step: Step, ticket: number | null): undefined {
  const { view } = step.m;
  if (view.phase !== 'connected' || step.m.request !== null) {
    if (ticket !== null) settle(step, ticket, problem('wrong-state'));
    return;
  }
  if (view.renewal) {
    if (ticket !== null) settle(step, ticket, null);
    return;
  }
  request(step, 'renew', ticket === null ? {} : { ticket });
}

/** The server has newer settings than this lease. They are fetched at once where that asks nothing of the user. */
export function leaseOutdated(step: Step, leaseId: string): undefined {
  const { m } = step;
  if (m.outdatedLease === leaseId) return;
  m.outdatedLease = leaseId;
  if (m.lease?.leaseId !== leaseId || m.view.phase !== 'connected') return;
  show(step, { ...m.view, isOutdated: true });
  renewOutdated(step);
}

/** Once for each time that the lease is shown as outdated. */
export function renewOutdated(step: Step): undefined {
  if (!isStepUpExpected(step)) startRenewal(step, null);
}

export function leaseExpiring(step: Step, leaseId: string, expiresAt: string): undefined {
  const { m } = step;
  if (m.lease?.leaseId !== leaseId || m.view.phase !== 'connected') return;
  show(step, { ...m.view, expiring: expiresAt });
  if (!isStepUpExpected(step)) return startRenewal(step, null);
  const text = 'Your connection ends soon. Enter a code to stay connected.';
  step.effects.push({ type: 'notify', kind: 'lease-expiring', text });
}
