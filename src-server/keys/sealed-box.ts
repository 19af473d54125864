import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
export const SEALED_BOX_KEY_BYTES = 32;

/** Encrypts small secrets at rest (AES-256-GCM, random nonce); `open` throws when the bytes were changed. */
export interface SealedBox {
  seal(plain: Uint8Array): Uint8Array;
  open(sealed: Uint8Array): Uint8Array;
}

/**
 * AES-256-GCM with a random nonce for each seal (NIST SP 800-38D); sealed = nonce (12) ‖ tag (16) ‖ ciphertext.
 * `open` throws when a byte was changed or the key is another one.
 */
export function makeSealedBox(key: Uint8Array): SealedBox {
  if (key.byteLength !== SEALED_BOX_KEY_BYTES) throw new RangeError('the encryption key must have 32 bytes');
  return {
    seal(plain) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      const body = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), body]);
    },
    open(sealed) {
      const nonce = sealed.subarray(0, NONCE_BYTES);
      const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAuthTag(tag);
      return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
    },
  };
}
