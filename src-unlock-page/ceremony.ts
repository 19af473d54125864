import type { UnlockTask } from '../src-shared/unlock-page-ipc.ts';

/** The caller closes the window before; this only keeps the system's dialog from outliving everything. */
const TIMEOUT_MS = 60_000;

/**
 * The options of a new credential: in this computer's own hardware, with its user verified, bound to this device (W3C
 * WebAuthn level 3 §5.4). ES256, and RS256 for Windows Hello keys.
 */
export function creationOptions(
  task: Extract<UnlockTask, { kind: 'create' }>,
  rpId: string,
): PublicKeyCredentialCreationOptionsJSON {
  return {
    rp: { id: rpId, name: 'Postern' },
    user: { id: task.userId, name: task.userName, displayName: task.userName },
    challenge: task.nonce,
    pubKeyCredParams: [
      { type: 'public-key', alg: -7 },
      { type: 'public-key', alg: -257 },
    ],
    timeout: TIMEOUT_MS,
    attestation: 'none',
    authenticatorSelection: {
      authenticatorAttachment: 'platform',
      userVerification: 'required',
      residentKey: 'discouraged',
    },
  };
}

/** The options of an assertion: one credential, user verified (W3C WebAuthn level 3 §5.5). */
export function requestOptions(
  task: Extract<UnlockTask, { kind: 'get' }>,
  rpId: string,
): PublicKeyCredentialRequestOptionsJSON {
  return {
    rpId,
    challenge: task.nonce,
    timeout: TIMEOUT_MS,
    userVerification: 'required',
    allowCredentials: [{ type: 'public-key', id: task.credentialId, transports: ['internal'] }],
  };
}
