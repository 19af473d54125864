import type { Proof } from '../../../src-shared/challenge.ts';
import type { UnlockMethod } from '../../../src-shared/unlock.ts';
import type { Db } from '../../db/database.ts';
import { prepared } from '../../db/prepared.ts';
import { type VerifiedStatement, verifyStatement } from './statement.ts';
import { type VerifiedAssertion, verifyAssertion } from './web-authn.ts';

export type UnlockProof = Extract<Proof, { method: UnlockMethod }>;

export function isUnlockProof(proof: Proof): proof is UnlockProof {
  return proof.method === 'pin' || proof.method === 'uv-hw' || proof.method === 'uv-soft';
}

/** The word on a proof's signature, with what it was verified against: it holds for that alone. */
export type ExaminedProof =
  | { method: 'pin' | 'uv-soft'; publicKey: string; verified: VerifiedStatement }
  | { method: 'uv-hw'; publicKey: string; credentialId: string; nonce: string; verified: VerifiedAssertion };

/**
 * Verifies the signature of a proof, before the transaction that decides on it: it is done in libuv's thread pool, and a
 * transaction that waits for the pool keeps everybody else from the database for as long as the pool is busy. Null when
 * the challenge is not this device's, or the device has no such key: the transaction finds the same and says why.
 */
export async function examineProof(
  db: Db,
  { deviceId, challengeId, proof }: { deviceId: string; challengeId: string; proof: UnlockProof },
): Promise<ExaminedProof | null> {
  const { rows } = await keysAndNonce(db, { deviceId, challengeId });
  const [found] = rows;
  if (!found) return null;
  if (proof.method === 'uv-hw') {
    const { nonce, hardware_credential_id: credentialId, hardware_public_key: publicKey } = found;
    if (credentialId === null || publicKey === null) return null;
    const verified = await verifyAssertion(proof.assertion, nonce, { id: credentialId, publicKey });
    return { method: 'uv-hw', publicKey, credentialId, nonce, verified };
  }
  const { method } = proof;
  const publicKey = method === 'pin' ? found.public_key : found.soft_public_key;
  if (publicKey === null) return null;
  return { method, publicKey, verified: await verifyStatement(proof.signature, publicKey) };
}

/** The nonce of a challenge of this device, open or not; null when there is none. */
export async function nonceOf(
  db: Db,
  challenge: { deviceId: string; challengeId: string },
): Promise<string | null> {
  return (await keysAndNonce(db, challenge)).rows[0]?.nonce ?? null;
}

const keysAndNonce = prepared<
  { deviceId: string; challengeId: string },
  {
    nonce: string;
    public_key: string;
    soft_public_key: string | null;
    hardware_credential_id: string | null;
    hardware_public_key: string | null;
  }
>((db, param) =>
  db
    .selectFrom('challenge')
    .innerJoin('device', 'device.id', 'challenge.device_id')
    .select([
      'challenge.nonce',
      'device.public_key',
      'device.soft_public_key',
      'device.hardware_credential_id',
      'device.hardware_public_key',
    ])
    .where('challenge.id', '=', param('challengeId'))
    .where('challenge.device_id', '=', param('deviceId')),
);
