import { createPublicKey } from 'node:crypto';

/** Whether the text is a P-256 public key (SubjectPublicKeyInfo, DER, base64url; RFC 5480). */
export function isP256PublicKey(publicKey: string): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, 'base64url'), format: 'der', type: 'spki' });
    return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
  } catch (error) {
    // The only way in which node:crypto says that bytes are not a key.
    if (error instanceof Error) return false;
    throw error;
  }
}
