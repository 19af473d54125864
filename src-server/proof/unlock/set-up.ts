import type { LevelProof } from '../../../src-shared/challenge.ts';
import type { SetBiometricRequest, SetPinRequest } from '../../../src-shared/client-api.ts';
import { fail, ok, type Problem, type Result } from '../../../src-shared/problem.ts';
import type { UnlockMethod } from '../../../src-shared/unlock.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import type { ServerContext } from '../../context.ts';
import type { Tx } from '../../db/database.ts';
import type { DeviceRow } from '../../db/schema.ts';
import { type SessionIdentity, sessionEnd } from '../../http/session.ts';
import { isP256PublicKey } from '../../keys/device-public-key.ts';
import { type OpenChallenge, openChallenge, spendChallenge } from '../challenge/challenge-store.ts';
import { auditDeadChallenge } from '../challenge/dead-challenge.ts';
import { type BackupCodeMatch, matchBackupCode } from '../mfa/code-check.ts';
import { readPolicy } from '../policy/policy-store.ts';
import { examineProof, nonceOf } from './examine-proof.ts';
import { askForLevelProof, checkLevelProof } from './level-proof.ts';
import { pinVerifier } from './pin-check.ts';
import { noPin } from './unlock-state.ts';
import { verifyAttestation } from './web-authn.ts';

type Change = Partial<DeviceRow>;
/** What is to be written; `ask` when the request has to come again with an answer to a challenge. */
type Prepared = { change: Change } | { ask: 'step-up-required' } | { refused: string };

/** Sets or changes the PIN of the session's device. */
export async function setPin(
  ctx: ServerContext,
  session: SessionIdentity,
  request: SetPinRequest,
  ip: string,
): Promise<Result<void>> {
  const change = { ...noPin, pin_salt: request.salt, pin_verifier: pinVerifier(request.proof) };
  return setUp(ctx, session, request, { ip, method: 'pin', prepare: () => ({ change }) });
}

/** Registers a WebAuthn credential (level A), or the key that signs `uv-soft` (level D). */
export async function setBiometric(
  ctx: ServerContext,
  session: SessionIdentity,
  request: SetBiometricRequest,
  ip: string,
): Promise<Result<void>> {
  if (request.level === 'uv-soft') {
    const { publicKey } = request;
    if (!isP256PublicKey(publicKey))
      return fail('invalid-request', 'publicKey: expected a P-256 public key (SPKI, DER, base64url)');
    const change = { soft_public_key: publicKey };
    return setUp(ctx, session, request, { ip, method: 'uv-soft', prepare: () => ({ change }) });
  }
  const { attestation, challengeId } = request;
  const { deviceId } = session;
  const nonce = challengeId ? await nonceOf(ctx.database.db, { deviceId, challengeId }) : null;
  const verified = attestation && nonce !== null ? await verifyAttestation(attestation, nonce) : null;
  const prepare = (challenge: OpenChallenge | null): Prepared => {
    if (!verified || challenge?.nonce !== nonce) return { ask: 'step-up-required' };
    if (!verified.ok) return { refused: verified.fault };
    const { id, publicKey, counter } = verified.credential;
    return {
      change: {
        hardware_credential_id: id,
        hardware_public_key: publicKey,
        hardware_counter: counter,
      },
    };
  };
  return setUp(ctx, session, request, { ip, method: 'uv-hw', prepare });
}

/**
 * One transaction: what is to be registered is looked at first, so that it burns no code; then the level proof; then
 * both are written. A refusal is a value, so that what was charged is committed.
 */
async function setUp(
  ctx: ServerContext,
  session: SessionIdentity,
  { levelProof, challengeId }: { levelProof?: LevelProof | undefined; challengeId?: string | undefined },
  how: {
    ip: string;
    method: UnlockMethod;
    prepare: (challenge: OpenChallenge | null) => Prepared;
  },
): Promise<Result<void>> {
  const { ip, method, prepare } = how;
  const actor = `member:${session.memberId}`;
  let backupCode: BackupCodeMatch | null = null;
  if (levelProof?.method === 'backup-code') {
    const { code } = levelProof;
    const found = await matchBackupCode(ctx, { memberId: session.memberId, code, actor, ip });
    if (!found.ok) return found;
    backupCode = found.match;
  }
  const { deviceId } = session;
  const examined =
    levelProof?.method === 'uv-hw' && challengeId
      ? await examineProof(ctx.database.db, { deviceId, challengeId, proof: levelProof })
      : null;
  return ctx.database.db.transaction().execute(async (tx): Promise<Result<void>> => {
    const refuse = (refusal: Problem): Result<void> => ({ ok: false, problem: refusal });
    const ended = await sessionEnd(tx, session.sessionId);
    if (ended) return refuse(ended);
    const now = ctx.now();
    const device = await deviceOf(tx, session.deviceId);
    const policy = await readPolicy(tx);
    const binding = { deviceId: device.id, epoch: device.epoch, purpose: 'set-up', now } as const;
    const challenge = challengeId ? await openChallenge(tx, { ...binding, challengeId }) : null;
    if (challengeId && !challenge) {
      await auditDeadChallenge(tx, { challengeId, deviceId: device.id, actor, ip, now });
      return refuse(await askForLevelProof(tx, device, policy, now, 'challenge-invalid'));
    }
    const prepared = prepare(challenge);
    const entry = { at: now, actor, action: 'unlock.set', subject: `device:${device.id}`, ip };
    if ('refused' in prepared) {
      const details = { method, cause: prepared.refused };
      await appendAudit(tx, { ...entry, outcome: 'refused', details });
      return refuse(await askForLevelProof(tx, device, policy, now, 'unlock-refused'));
    }
    if ('ask' in prepared || !levelProof)
      return refuse(await askForLevelProof(tx, device, policy, now, 'step-up-required'));
    const input = { device, policy, levelProof, challenge, backupCode, examined, actor, ip };
    const proven = await checkLevelProof(tx, ctx, input);
    if (!proven.ok) return refuse(proven.problem);
    if (challenge && !(await spendChallenge(tx, challenge.id, now)))
      return refuse(await askForLevelProof(tx, device, policy, now, 'challenge-invalid'));
    await tx
      .updateTable('device')
      .set({ ...prepared.change, ...proven.accepted })
      .where('id', '=', device.id)
      .execute();
    await appendAudit(tx, { ...entry, outcome: 'ok', details: { method, proof: levelProof.method } });
    return ok(undefined);
  });
}

export function deviceOf(tx: Tx, deviceId: string): Promise<DeviceRow> {
  return tx.selectFrom('device').selectAll().where('id', '=', deviceId).executeTakeFirstOrThrow();
}
