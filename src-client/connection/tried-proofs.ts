import type { CodeMethod } from '../../src-shared/otp-code.ts';
import { type Problem, problem } from '../../src-shared/problem.ts';
import { usedCodeProblem } from '../../src-shared/used-code.ts';
import type { ProofPart, ProofRef, TriedProof } from './machine-types.ts';

/** A one-time password is good for at most three steps of 30 s; after this a chance repetition is a new code. */
const TOTP_MEMORY_MS = 5 * 60_000;
const TOTP_STEP_MS = 30_000;
const KEPT = 200;

/** Adds the codes of a proof that was sent. One-time passwords are forgotten after five minutes, backup codes never. */
export function remember(
  tried: readonly TriedProof[],
  proof: ProofRef,
  at: number,
  answer: Problem,
): readonly TriedProof[] {
  const sent = proof.parts.filter(isCode);
  const others = tried.filter(
    (known) => !sent.some((code) => isSame(known, code)) && isRemembered(known, at),
  );
  const added = sent.map(({ method, fingerprint }) => ({ method, fingerprint, at, problem: answer }));
  return [...others, ...added].slice(-KEPT);
}

/** What the same code was answered before, brought up to date; null when it was not sent yet. */
export function earlierAnswer(tried: readonly TriedProof[], proof: ProofRef, at: number): Problem | null {
  const codes = proof.parts.filter(isCode);
  const known = tried.find((entry) => codes.some((code) => isSame(entry, code)) && isRemembered(entry, at));
  if (!known) return null;
  if (known.problem.code !== 'code-already-used') return known.problem;
  if (known.method === 'backup-code')
    return problem('code-already-used', 'That backup code was already used.');
  const stepEnd = (Math.floor(known.at / TOTP_STEP_MS) + 1) * TOTP_STEP_MS;
  return usedCodeProblem(Math.max(0, stepEnd - at));
}

/** A PIN may be sent again: the server counts, and it may have been right for another salt. */
function isCode(part: ProofPart): part is Extract<ProofPart, { method: CodeMethod }> {
  return part.method === 'totp' || part.method === 'backup-code';
}

function isSame(entry: TriedProof, code: { method: CodeMethod; fingerprint: string }): boolean {
  return entry.method === code.method && entry.fingerprint === code.fingerprint;
}

function isRemembered(entry: TriedProof, at: number): boolean {
  return entry.method === 'backup-code' || Math.abs(at - entry.at) < TOTP_MEMORY_MS;
}
