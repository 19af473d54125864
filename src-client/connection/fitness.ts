import type { Challenge } from '../../src-shared/challenge.ts';
import { type Problem, problem } from '../../src-shared/problem.ts';
import type { PromptMethod } from '../../src-shared/unlock.ts';
import type { ProofPart, ProofRef } from './machine-types.ts';

/** Which question of the system this answer needs, if any. */
export function promptOf(proof: ProofRef): PromptMethod | null {
  for (const { method } of proof.parts) if (method === 'uv-hw' || method === 'uv-soft') return method;
  return null;
}

/** Why an answer cannot be one to this challenge; null when it can. Sending half of it would only cost a try. */
export function unfitness(challenge: Challenge, proof: ProofRef): Problem | null {
  const methods = proof.parts.map(({ method }) => method);
  const unlock = methods.filter(isUnlock);
  if (unlock.some((method) => !challenge.unlockMethods.includes(method)))
    return problem('unlock-unavailable', 'The server does not take that way of unlocking now.');
  if (challenge.requires.includes('unlock') && unlock.length === 0)
    return problem('invalid-request', 'A PIN or biometrics are required as well. Nothing was sent.');
  const hasCode = methods.some((method) => method === 'totp' || method === 'backup-code');
  if (challenge.requires.includes('totp') && !hasCode)
    return problem('invalid-request', 'A code is required as well. Nothing was sent.');
  return null;
}

function isUnlock(method: ProofPart['method']): method is Challenge['unlockMethods'][number] {
  return method === 'pin' || method === 'uv-hw' || method === 'uv-soft';
}
