import { type Problem, problem } from '../../../src-shared/problem.ts';
import type { UnlockMethod } from '../../../src-shared/unlock.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import type { ServerContext } from '../../context.ts';
import type { Tx } from '../../db/database.ts';
import type { DeviceRow } from '../../db/schema.ts';
import type { OpenChallenge } from '../challenge/challenge-store.ts';
import { type AcceptedProof, hardwareAccepted } from './accepted-proof.ts';
import type { ExaminedProof, UnlockProof } from './examine-proof.ts';
import { checkPin } from './pin-check.ts';
import { advanceHardwareCounter, advanceProofCounter } from './proof-counter.ts';
import { tellRemoved } from './removal.ts';

export interface UnlockInput {
  device: DeviceRow;
  challenge: OpenChallenge;
  /** What counts now; the challenge may be older than that. */
  methods: readonly UnlockMethod[];
  proof: UnlockProof;
  /** Of `examineProof`, before the transaction. */
  examined: ExaminedProof | null;
  actor: string;
  ip: string | null;
}

export type UnlockOutcome = { ok: true; accepted: AcceptedProof } | { ok: false; problem: Problem };

/** How far `uvAt` may be from the server's clock: the nonce binds the time, this only tells a clock that is off. */
const LARGEST_CLOCK_OFFSET_MS = 5 * 60_000;

/**
 * Checks one unlock proof in the caller's transaction, and audits the word on it with its cause. The challenge is the
 * caller's to spend. No one-time password was looked at before: the same code may come again with the next try.
 */
export async function checkUnlock(tx: Tx, ctx: ServerContext, input: UnlockInput): Promise<UnlockOutcome> {
  const { device, proof, actor, ip } = input;
  const now = ctx.now();
  const entry = { at: now, actor, action: `proof.${proof.method}`, subject: `device:${device.id}`, ip };
  const judged = await judge(tx, ctx, input, now);
  if ('accepted' in judged) {
    await appendAudit(tx, { ...entry, outcome: 'ok' });
    return { ok: true, accepted: judged.accepted };
  }
  const { refusal, cause, details } = judged;
  if (cause === 'counter') {
    ctx.log.warn({ deviceId: device.id, method: proof.method, ...details }, 'a proof counter did not grow');
    await appendAudit(tx, {
      ...entry,
      action: 'device.clone-alarm',
      outcome: 'refused',
      details: { method: proof.method, ...details },
    });
  }
  await appendAudit(tx, { ...entry, outcome: 'refused', details: { refusal: refusal.code, cause } });
  if (refusal.code === 'pin-removed') {
    await appendAudit(tx, {
      ...entry,
      action: 'unlock.remove',
      outcome: 'ok',
      details: { methods: ['pin', 'uv-soft'], cause: 'wrong-pins' },
    });
    const { id: deviceId, member_id: memberId } = device;
    await tellRemoved(tx, ctx, { deviceId, memberId, ip, why: 'wrong-pins' });
  }
  return { ok: false, problem: { ...refusal, isProofSpent: false } };
}

type Judgement =
  | { accepted: AcceptedProof }
  | { refusal: Problem; cause: string; details?: Record<string, unknown> };

function refused(cause: string, details: Record<string, unknown> = {}): Judgement {
  return { refusal: problem('unlock-refused'), cause, details };
}

/** The signature was looked at before this transaction, against another key: the device was set up anew meanwhile. */
const changedMeanwhile = refused('changed-meanwhile');

async function judge(
  tx: Tx,
  ctx: ServerContext,
  { device, challenge, methods, proof, examined }: UnlockInput,
  now: number,
): Promise<Judgement> {
  if (!challenge.unlockMethods.includes(proof.method)) return refused('method-not-offered');
  if (!methods.includes(proof.method)) return refused('method-not-counting');
  if (proof.method === 'uv-hw') return judgeAssertion(tx, device, challenge.nonce, examined, now);
  const publicKey = proof.method === 'pin' ? device.public_key : device.soft_public_key;
  if (publicKey === null) return refused('not-enrolled');
  const fault = await statementFault(tx, ctx, {
    device,
    publicKey,
    nonce: challenge.nonce,
    method: proof.method,
    examined,
    now,
  });
  if (fault) return fault;
  // `verifiedAt` says nothing that the signed `uvAt` does not.
  if (proof.method === 'uv-soft') return { accepted: {} };
  const refusal = await checkPin(tx, device, proof.proof, now);
  return refusal ? { refusal, cause: refusal.code } : { accepted: {} };
}

/** Signature, then the counter, then what the statement says; null when all of it holds. */
async function statementFault(
  tx: Tx,
  ctx: ServerContext,
  input: {
    device: DeviceRow;
    publicKey: string;
    nonce: string;
    method: 'pin' | 'uv-soft';
    examined: ExaminedProof | null;
    now: number;
  },
): Promise<Judgement | null> {
  const { device, publicKey, nonce, method, examined, now } = input;
  if (examined?.method !== method || examined.publicKey !== publicKey) return changedMeanwhile;
  const { verified } = examined;
  if (!verified.ok) return refused(verified.fault);
  const { statement } = verified;
  const { ctr } = statement;
  if (!(await advanceProofCounter(tx, device.id, ctr)))
    return refused('counter', { counter: ctr, seen: device.proof_counter });
  if (statement.aud !== ctx.keys.serverKey.issuer) return refused('audience');
  if (statement.deviceId !== device.id) return refused('device');
  if (statement.nonce !== nonce) return refused('nonce');
  if (statement.method !== method) return refused('method');
  if (Math.abs(statement.uvAt * 1000 - now) > LARGEST_CLOCK_OFFSET_MS) return refused('time');
  return null;
}

async function judgeAssertion(
  tx: Tx,
  device: DeviceRow,
  nonce: string,
  examined: ExaminedProof | null,
  now: number,
): Promise<Judgement> {
  const { hardware_credential_id: id, hardware_public_key: publicKey } = device;
  if (id === null || publicKey === null) return refused('not-enrolled');
  if (examined?.method !== 'uv-hw' || examined.nonce !== nonce) return changedMeanwhile;
  if (examined.credentialId !== id || examined.publicKey !== publicKey) return changedMeanwhile;
  const { verified } = examined;
  if (!verified.ok) return refused(verified.fault);
  const { counter } = verified;
  if (!(await advanceHardwareCounter(tx, device.id, counter)))
    return refused('counter', { counter, seen: device.hardware_counter });
  return { accepted: hardwareAccepted(now) };
}
