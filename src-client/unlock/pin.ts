import { createHmac } from 'node:crypto';
import { hashRaw } from '@node-rs/argon2';
import { pinText } from '../../src-shared/pin-rules.ts';
import { pinKeyParameters, pinProofInput } from '../../src-shared/unlock.ts';

export interface PinProofInput {
  pin: string;
  /** 16 bytes, from the server's challenge or new. */
  salt: Uint8Array;
  /** 32 bytes from the keychain, see `unlock-secrets.ts`. */
  pepper: Uint8Array;
  deviceId: string;
  issuer: string;
}

/** `Algorithm.Argon2id`, a const enum that type stripping cannot read. */
const ARGON2ID = 2;

/**
 * The PIN → 32 bytes, base64url, as `pinKeyParameters` says. About 60 ms in the thread pool, not here. What is typed
 * in another script's digits or composed differently is the same PIN (`pinText`). Bytes in between are overwritten.
 */
export async function pinProof({ pin, salt, pepper, deviceId, issuer }: PinProofInput): Promise<string> {
  const { memoryKiB, passes, lanes, keyBytes } = pinKeyParameters;
  const password = Buffer.from(pinText(pin), 'utf8');
  let key: Buffer | null = null;
  try {
    key = await hashRaw(password, {
      algorithm: ARGON2ID,
      memoryCost: memoryKiB,
      timeCost: passes,
      parallelism: lanes,
      outputLen: keyBytes,
      salt,
      secret: pepper,
    });
    return createHmac('sha256', key).update(pinProofInput(deviceId, issuer)).digest('base64url');
  } finally {
    password.fill(0);
    key?.fill(0);
  }
}
