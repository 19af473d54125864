import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isoCBOR } from '@simplewebauthn/server/helpers';
import { UNLOCK_ORIGIN, UNLOCK_RP_ID } from '../../src-shared/unlock.ts';

/** What a test may have the authenticator or the page get wrong. */
export interface AuthenticatorQuirks {
  origin?: string;
  rpId?: string;
  type?: string;
  isUserVerified?: boolean;
  isUserPresent?: boolean;
  /** BE: the key can leave this device. */
  isBackupEligible?: boolean;
  /** Instead of the next one. */
  counter?: number;
  format?: string;
}

type Algorithm = 'ES256' | 'RS256' | 'EdDSA';

const UP = 0x01;
const UV = 0x04;
const BE = 0x08;
const AT = 0x40;

/** An authenticator of WebAuthn level 3 in software: real keys, real bytes, and a user who always agrees. */
export class SoftwareAuthenticator {
  readonly credentialId = randomBytes(32);
  counter = 0;
  /** Some platforms never count. */
  isCounting = true;
  readonly #privateKey: KeyObject;
  readonly #publicKey: KeyObject;
  readonly #algorithm: Algorithm;

  constructor(algorithm: Algorithm = 'ES256') {
    this.#algorithm = algorithm;
    const { privateKey, publicKey } = newKeyPair(algorithm);
    this.#privateKey = privateKey;
    this.#publicKey = publicKey;
  }

  get id(): string {
    return this.credentialId.toString('base64url');
  }

  /** RegistrationResponseJSON over the nonce. */
  create(nonce: string, quirks: AuthenticatorQuirks = {}): Record<string, unknown> {
    const clientDataJSON = clientData('webauthn.create', nonce, quirks);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(this.credentialId.length);
    const attested = Buffer.concat([Buffer.alloc(16), length, this.credentialId, this.#coseKey()]);
    const authData = Buffer.concat([this.#authenticatorData(AT, quirks), attested]);
    const object = new Map<string | number, string | Uint8Array | Map<string | number, string>>([
      ['fmt', quirks.format ?? 'none'],
      ['attStmt', new Map<string | number, string>()],
      ['authData', new Uint8Array(authData)],
    ]);
    const attestationObject = Buffer.from(isoCBOR.encode(object)).toString('base64url');
    return this.#credential({ clientDataJSON: text(clientDataJSON), attestationObject });
  }

  /** AuthenticationResponseJSON over the nonce. */
  get(nonce: string, quirks: AuthenticatorQuirks = {}): Record<string, unknown> {
    const clientDataJSON = clientData('webauthn.get', nonce, quirks);
    if (this.isCounting) this.counter++;
    const authenticatorData = this.#authenticatorData(0, quirks);
    const signed = Buffer.concat([authenticatorData, createHash('sha256').update(clientDataJSON).digest()]);
    const signature = sign(this.#algorithm === 'EdDSA' ? null : 'sha256', signed, this.#privateKey);
    return this.#credential({
      clientDataJSON: text(clientDataJSON),
      authenticatorData: text(authenticatorData),
      signature: text(signature),
    });
  }

  #credential(response: object): Record<string, unknown> {
    return {
      id: this.id,
      rawId: this.id,
      type: 'public-key',
      authenticatorAttachment: 'platform',
      clientExtensionResults: {},
      response,
    };
  }

  #authenticatorData(extraFlags: number, quirks: AuthenticatorQuirks): Buffer {
    const { isUserPresent = true, isUserVerified = true, isBackupEligible = false } = quirks;
    const flags =
      extraFlags | (isUserPresent ? UP : 0) | (isUserVerified ? UV : 0) | (isBackupEligible ? BE : 0);
    const tail = Buffer.alloc(5);
    tail.writeUInt8(flags);
    tail.writeUInt32BE(quirks.counter ?? this.counter, 1);
    const rpIdHash = createHash('sha256')
      .update(quirks.rpId ?? UNLOCK_RP_ID)
      .digest();
    return Buffer.concat([rpIdHash, tail]);
  }

  /** RFC 9052 §7. */
  #coseKey(): Uint8Array {
    const { x = '', y = '', n = '', e = '' } = this.#publicKey.export({ format: 'jwk' });
    const raw = (value: string): Uint8Array => new Uint8Array(Buffer.from(value, 'base64url'));
    const members: Record<Algorithm, [number, number | Uint8Array][]> = {
      ES256: [
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, raw(x)],
        [-3, raw(y)],
      ],
      RS256: [
        [1, 3],
        [3, -257],
        [-1, raw(n)],
        [-2, raw(e)],
      ],
      EdDSA: [
        [1, 1],
        [3, -8],
        [-1, 6],
        [-2, raw(x)],
      ],
    };
    return isoCBOR.encode(new Map<string | number, number | Uint8Array>(members[this.#algorithm]));
  }
}

function newKeyPair(algorithm: Algorithm): { privateKey: KeyObject; publicKey: KeyObject } {
  if (algorithm === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' });
  if (algorithm === 'RS256') return generateKeyPairSync('rsa', { modulusLength: 2048 });
  return generateKeyPairSync('ed25519');
}

function clientData(type: string, challenge: string, quirks: AuthenticatorQuirks): Buffer {
  const { origin = UNLOCK_ORIGIN } = quirks;
  return Buffer.from(JSON.stringify({ type: quirks.type ?? type, challenge, origin, crossOrigin: false }));
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}
