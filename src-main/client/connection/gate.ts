import type { Challenge, Reason } from '../../../src-shared/challenge.ts';
import { invalidCodeExtra, throttledExtra } from '../../../src-shared/client-api.ts';
import type { GatePrompt } from '../../../src-shared/connection-state.ts';
import { type Problem, problem } from '../../../src-shared/problem.ts';
import type { ProofRef } from './machine-types.ts';
import { dropRequest, request, type Step, settle, show } from './step.ts';
import { earlierAnswer } from './tried-proofs.ts';

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
  const { wait } = step.m;
  return {
    gatewayId,
    challenge,
    reason: challenge.reason ?? reason,
    lastFailure: null,
    attemptsLeft: null,
    waitUntil: wait && wait.until > step.at ? new Date(wait.until).toISOString() : null,
    isChecking: false,
  };
}

/** Puts the question to the user. The connection to the server is warmed while they look for their phone. */
export function openGate(step: Step, challenge: Challenge, reason: Reason | null): undefined {
  if (step.m.gatewayId === null) return;
  step.m.attempt = 0;
  show(step, { phase: 'gate', prompt: newPrompt(step, step.m.gatewayId, challenge, reason) });
  step.effects.push({ type: 'warmServer' });
}

/** The user answers the prompt. A value that was sent before is answered here and never goes out again. */
export function submit(step: Step, proof: ProofRef): undefined {
  const { m, at } = step;
  const prompt = openPrompt(step);
  if (!prompt) return settle(step, proof.ticket, problem('wrong-state', 'Nothing is being asked right now.'));
  if (prompt.isChecking)
    return settle(step, proof.ticket, problem('wrong-state', 'A code is being checked already.'));
  if (m.wait?.method === proof.method && m.wait.until > at)
    return settle(
      step,
      proof.ticket,
      problem('too-many-attempts', undefined, { retryAfterMs: m.wait.until - at }),
    );
  const earlier = earlierAnswer(m.tried, proof, at);
  if (earlier) {
    changePrompt(step, { lastFailure: earlier });
    return settle(step, proof.ticket, earlier);
  }
  changePrompt(step, { isChecking: true });
  if (Date.parse(prompt.challenge.expiresAt) > at) return prove(step, prompt.challenge, proof);
  request(step, 'refresh');
  m.heldProof = proof;
}

function prove(step: Step, challenge: Challenge, proof: ProofRef): undefined {
  request(step, 'prove', { challengeId: challenge.id, proof });
}

/** A fresh challenge for the prompt on screen. A held proof goes out with it unless the reason has changed meanwhile. */
export function freshChallenge(step: Step, challenge: Challenge): undefined {
  const prompt = openPrompt(step);
  if (!prompt) return;
  const proof = step.m.heldProof;
  const isSameReason = (challenge.reason ?? prompt.reason)?.at === prompt.reason?.at;
  step.m.request = null;
  step.m.heldProof = null;
  changePrompt(step, { challenge, reason: challenge.reason ?? prompt.reason, isChecking: false });
  if (!proof) return;
  if (isSameReason) {
    changePrompt(step, { isChecking: true });
    return prove(step, challenge, proof);
  }
  settle(step, proof.ticket, problem('challenge-invalid'));
}

/** The server refused the proof and the user may try again: with the same challenge or with a new one. */
export function tryAgain(
  step: Step,
  refusal: Problem,
  challenge: Challenge | null,
  method: ProofRef['method'],
): undefined {
  const throttled = throttledExtra.safeParse(refusal);
  if (refusal.code === 'too-many-attempts' && throttled.success)
    step.m.wait = { method, until: step.at + throttled.data.retryAfterMs };
  const counted = invalidCodeExtra.safeParse(refusal);
  const attemptsLeft = counted.success ? (counted.data.attemptsLeft ?? null) : null;
  const { wait } = step.m;
  changePrompt(step, {
    lastFailure: refusal,
    isChecking: false,
    ...(attemptsLeft === null ? {} : { attemptsLeft }),
    waitUntil: wait && wait.until > step.at ? new Date(wait.until).toISOString() : null,
    ...(challenge ? { challenge, attemptsLeft: null } : {}),
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
