import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { KeychainState } from '../../src-shared/connection-state.ts';
import { ok, type Result } from '../../src-shared/problem.ts';
import type { Keychain } from '../keychain/keychain.ts';

/** P-256. The public half is SPKI (DER) in base64url, as sign-in sends it. */
export interface DeviceKey {
  publicKey: string;
  /** False when the key was made just now: whoever it belonged to before is another device. */
  isKnown: boolean;
}

/**
 * The key of this computer for one account: read from the keychain or, where there is none, made and stored there.
 * A locked or missing keychain is a refusal, never a new key.
 */
export async function deviceKey(keychain: Keychain, account: string): Promise<Result<DeviceKey>> {
  const found = await keychain.get(account);
  if (found.state === 'ok') {
    const known = readKey(found.value);
    if (known) return ok({ publicKey: publicHalf(known), isKnown: true });
  }
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64');
  // Writing is what tells locked and unavailable apart from absent, and refuses.
  const stored = await keychain.set(account, pkcs8);
  return stored.ok ? ok({ publicKey: publicHalf(privateKey), isKnown: false }) : stored;
}

/** The key as it is in the keychain, and nothing made in its place. A damaged one is as good as absent. */
export async function loadDeviceKey(
  keychain: Keychain,
  account: string,
): Promise<{ state: 'ok'; key: KeyObject } | { state: Exclude<KeychainState, 'ok'> }> {
  const found = await keychain.get(account);
  if (found.state !== 'ok') return found;
  const key = readKey(found.value);
  return key ? { state: 'ok', key } : { state: 'absent' };
}

/** Which entry of the keychain holds the device key of an account; `known` as in `settings.devices`. */
export const deviceKeyAccount = (profileId: string, known: string): string =>
  `device-key ${profileId} ${known}`;

/** P-256 SubjectPublicKeyInfo (DER), base64url. */
export function publicHalf(privateKey: KeyObject): string {
  return createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).toString('base64url');
}

function readKey(pkcs8: string): KeyObject | null {
  try {
    const key = createPrivateKey({ key: Buffer.from(pkcs8, 'base64'), type: 'pkcs8', format: 'der' });
    return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : null;
  } catch (error) {
    // Damaged: as good as absent.
    if (error instanceof Error) return null;
    throw error;
  }
}
