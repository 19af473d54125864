import { type Problem, problem } from '../../../src-shared/problem.ts';
import { usedCodeProblem } from '../../../src-shared/used-code.ts';
import type { ProofRef, TriedProof } from './machine-types.ts';

/** A one-time password is good for at most three steps of 30 s; after this a chance repetition is a new code. */
const TOTP_MEMORY_MS = 5 * 60_000;
const TOTP_STEP_MS = 30_000;
const KEPT = 200;

/** Adds a proof that was sent. One-time passwords are forgotten after five minutes, backup codes never. */
export function remember(
  tried: readonly TriedProof[],
  proof: ProofRef,
  at: number,
  answer: Problem,
): readonly TriedProof[] {
  const entry: TriedProof = { method: proof.method, fingerprint: proof.fingerprint, at, problem: answer };
  const others = tried.filter((known) => !isSame(known, proof) && isRemembered(known, at));
  return [...others, entry].slice(-KEPT);
}

/** What the same value was answered before, brought up to date; null when it was not sent yet. */
export function earlierAnswer(tried: readonly TriedProof[], proof: ProofRef, at: number): Problem | null {
  const known = tried.find((entry) => isSame(entry, proof) && isRemembered(entry, at));
  if (!known) return null;
  if (known.problem.code !== 'code-already-used') return known.problem;
  if (known.method === 'backup-code')
    return problem('code-already-used', 'That backup code was already used.');
  const stepEnd = (Math.floor(known.at / TOTP_STEP_MS) + 1) * TOTP_STEP_MS;
  return usedCodeProblem(Math.max(0, stepEnd - at));
}

function isSame(entry: TriedProof, proof: ProofRef): boolean {
  return entry.method === proof.method && entry.fingerprint === proof.fingerprint;
}

function isRemembered(entry: TriedProof, at: number): boolean {
  return entry.method === 'backup-code' || Math.abs(at - entry.at) < TOTP_MEMORY_MS;
}
