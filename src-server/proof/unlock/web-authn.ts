import { verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server';
import { COSEALG, decodeAttestationObject, isoBase64URL } from '@simplewebauthn/server/helpers';
import * as z from 'zod';
import { base64url } from '../../../src-shared/primitives.ts';
import { UNLOCK_ORIGIN, UNLOCK_RP_ID } from '../../../src-shared/unlock.ts';

/** Level A: WebAuthn level 3 with a key in TPM or Secure Enclave, verified for our own relying party only. */

/** Windows Hello keys are often RS256. */
const ALGORITHMS = [COSEALG.ES256, COSEALG.RS256];

const bytes = base64url.max(8192);
const credential = z.object({
  id: bytes,
  rawId: bytes,
  type: z.literal('public-key'),
  clientExtensionResults: z.object({}).default({}),
});
const assertionShape = credential.extend({
  response: z.object({ clientDataJSON: bytes, authenticatorData: bytes, signature: bytes }),
});
const attestationShape = credential.extend({
  response: z.object({ clientDataJSON: bytes, attestationObject: base64url.max(32_768) }),
});

/** Why an answer of an authenticator counts for nothing; it is audited, the client hears only that it was refused. */
export type HardwareFault =
  | 'malformed'
  | 'type'
  | 'nonce'
  | 'origin'
  | 'relying-party'
  | 'user-not-verified'
  | 'foreign-credential'
  | 'not-device-bound'
  | 'algorithm'
  | 'attestation'
  | 'signature';

export interface HardwareCredential {
  /** base64url. */
  id: string;
  /** COSE key, base64url. */
  publicKey: string;
  counter: number;
}

export type VerifiedAssertion = { ok: true; counter: number } | { ok: false; fault: HardwareFault };
export type VerifiedAttestation =
  | { ok: true; credential: HardwareCredential }
  | { ok: false; fault: HardwareFault };

/**
 * AuthenticationResponseJSON → the signature counter that it carries. Type, challenge, origin, RP ID, UP, UV, BE=0 and
 * the signature are checked here; that the counter has not gone back is for one conditional write to say.
 */
export async function verifyAssertion(
  assertion: Record<string, unknown>,
  nonce: string,
  registered: { id: string; publicKey: string },
): Promise<VerifiedAssertion> {
  const response = assertionShape.safeParse(assertion);
  if (!response.success) return { ok: false, fault: 'malformed' };
  if (response.data.id !== registered.id) return { ok: false, fault: 'foreign-credential' };
  return judged(async () => {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: response.data,
      expectedChallenge: nonce,
      expectedOrigin: UNLOCK_ORIGIN,
      expectedRPID: UNLOCK_RP_ID,
      requireUserVerification: true,
      // Below every counter: the library compares before it has verified the signature.
      credential: { id: registered.id, publicKey: isoBase64URL.toBuffer(registered.publicKey), counter: -1 },
    });
    if (!verified) return { ok: false, fault: 'signature' };
    if (authenticationInfo.credentialDeviceType !== 'singleDevice')
      return { ok: false, fault: 'not-device-bound' };
    return { ok: true, counter: authenticationInfo.newCounter };
  });
}

/**
 * RegistrationResponseJSON → the credential to keep. Attestation `none` only: any other format would have the library
 * walk certificates that the client chose and fetch their revocation lists.
 */
export async function verifyAttestation(
  attestation: Record<string, unknown>,
  nonce: string,
): Promise<VerifiedAttestation> {
  const response = attestationShape.safeParse(attestation);
  if (!response.success) return { ok: false, fault: 'malformed' };
  return judged(async () => {
    const object = isoBase64URL.toBuffer(response.data.response.attestationObject);
    if (decodeAttestationObject(object).get('fmt') !== 'none') return { ok: false, fault: 'attestation' };
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: response.data,
      expectedChallenge: nonce,
      expectedOrigin: UNLOCK_ORIGIN,
      expectedRPID: UNLOCK_RP_ID,
      requireUserPresence: true,
      requireUserVerification: true,
      supportedAlgorithmIDs: ALGORITHMS,
    });
    if (!verified) return { ok: false, fault: 'attestation' };
    if (registrationInfo.credentialDeviceType !== 'singleDevice')
      return { ok: false, fault: 'not-device-bound' };
    const { id, publicKey, counter } = registrationInfo.credential;
    return { ok: true, credential: { id, publicKey: isoBase64URL.fromBuffer(publicKey), counter } };
  });
}

/** The library says no by throwing, whatever the cause: bytes that cannot be read are a refusal too. */
async function judged<T>(
  judge: () => Promise<T | { ok: false; fault: HardwareFault }>,
): Promise<T | { ok: false; fault: HardwareFault }> {
  try {
    return await judge();
  } catch (error) {
    if (error instanceof Error) return { ok: false, fault: faultOf(error.message) };
    throw error;
  }
}

/** In the words of `@simplewebauthn/server` 14; what is not among them is `malformed`. */
const MESSAGES: readonly [RegExp, HardwareFault][] = [
  [/response type/, 'type'],
  [/response challenge/, 'nonce'],
  [/origin/, 'origin'],
  [/RP ID/, 'relying-party'],
  [/[Uu]ser (verification|not present|presence)/, 'user-not-verified'],
  [/public key alg/, 'algorithm'],
];

function faultOf(message: string): HardwareFault {
  return MESSAGES.find(([pattern]) => pattern.test(message))?.[1] ?? 'malformed';
}
