import type { Challenge } from '../../src-shared/challenge.ts';
import { throttledExtra, wrongPinExtra } from '../../src-shared/client-api.ts';
import { type Problem, problem } from '../../src-shared/problem.ts';
import type { Machine, ProofPart, ProofRef } from './machine-types.ts';
import type { Step } from './step.ts';

type Method = ProofPart['method'];

/** `too-many-attempts` for an answer that has to wait, with the time that is left; null when it may go out. */
export function waitRefusal(waits: Machine['waits'], proof: ProofRef, at: number): Problem | null {
  const methods = proof.parts.map(({ method }) => method);
  const longest = Math.max(
    0,
    ...waits.filter(({ method }) => methods.includes(method)).map(({ until }) => until - at),
  );
  return longest > 0 ? problem('too-many-attempts', undefined, { retryAfterMs: longest }) : null;
}

/** Takes note of a wait that the server has imposed. The unlock proof is checked ahead of the code. */
export function noteRefusal(step: Step, refusal: Problem, proof: ProofRef | null): undefined {
  const throttled = throttledExtra.safeParse(refusal);
  if (!throttled.success) return;
  const { retryAfterMs } = throttled.data;
  const methods = proof?.parts.map(({ method }) => method) ?? [];
  if (refusal.code === 'wrong-pin') return setWait(step, 'pin', step.at + retryAfterMs);
  if (refusal.code !== 'too-many-attempts') return;
  const said = methods.find((method) => method === refusal.method);
  const code = methods.find((method) => method === 'totp' || method === 'backup-code');
  const method = said ?? code ?? methods[0];
  if (method) setWait(step, method, step.at + retryAfterMs);
}

/** The server's own word on the PIN of this device is newer than ours. */
export function noteChallenge(step: Step, challenge: Challenge): undefined {
  const pin = challenge.unlock?.pin;
  if (!pin) return;
  setWait(step, 'pin', pin.waitUntil === null ? 0 : Date.parse(pin.waitUntil));
}

/** The wait to show beside a challenge: the longest of the methods that it takes. ISO 8601, null when there is none. */
export function shownWait(step: Step, challenge: Challenge): string | null {
  const isTaken = (method: Method) =>
    method === 'totp' || method === 'backup-code'
      ? challenge.requires.includes('totp')
      : challenge.unlockMethods.includes(method);
  const until = Math.max(
    0,
    ...step.m.waits.filter(({ method }) => isTaken(method)).map((wait) => wait.until),
  );
  return until > step.at ? new Date(until).toISOString() : null;
}

/** The challenge on screen, with what a wrong PIN has changed in it. */
export function afterWrongPin(step: Step, challenge: Challenge, refusal: Problem): Challenge {
  const pin = challenge.unlock?.pin;
  const wrong = wrongPinExtra.safeParse(refusal);
  if (!pin || refusal.code !== 'wrong-pin' || !wrong.success) return challenge;
  const { attemptsLeft, retryAfterMs } = wrong.data;
  const waitUntil = retryAfterMs ? new Date(step.at + retryAfterMs).toISOString() : null;
  return { ...challenge, unlock: { ...challenge.unlock, pin: { ...pin, attemptsLeft, waitUntil } } };
}

function setWait(step: Step, method: Method, until: number): undefined {
  const others = step.m.waits.filter((wait) => wait.method !== method && wait.until > step.at);
  step.m.waits = until > step.at ? [...others, { method, until }] : others;
}
