import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { pinProof } from '../../src-client/unlock/pin.ts';
import { signStatement } from '../../src-client/unlock/statement.ts';
import { newWgKey } from '../../src-server/testing/scripted-ends.ts';
import type { HttpAnswer, TestMember } from '../../src-server/testing/test-server.ts';
import type { Challenge, Proof } from '../../src-shared/challenge.ts';
import { type SignInAnswer, stepUpExtra } from '../../src-shared/client-api.ts';
import type { UnlockStatement } from '../../src-shared/unlock.ts';

export type WireAnswer = Pick<HttpAnswer, 'status' | 'body'>;

/** How a device reaches a server, and what the person beside it has. */
export interface Wire {
  issuer: string;
  gatewayId: string;
  /** Milliseconds since 1970 by the server's clock. */
  now(): number;
  /** With the session of the device. */
  request(method: string, path: string, body?: object): Promise<WireAnswer>;
  /** What the authenticator shows that many steps from now. */
  codeAt(step: number): string;
  /** Lets time go on to the next step. */
  nextStep(): void;
}

export interface DeviceSecrets {
  key: KeyObject;
  /** SPKI, base64url. */
  publicKey: string;
  pepper: Buffer;
}

/** What the keyring of a computer would hold. */
export function newDeviceSecrets(): DeviceSecrets {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' }).toString('base64url');
  return { key: privateKey, publicKey: spki, pepper: randomBytes(32) };
}

/** What a forged statement says differently, and what it is signed and derived with. */
export interface Forgery extends Partial<UnlockStatement> {
  key?: KeyObject;
  pepper?: Buffer;
}

/** A device as whoever has its secrets can play it, straight on the wire. */
export class WireDevice {
  readonly member: TestMember;
  readonly session: SignInAnswer;
  readonly secrets: DeviceSecrets;
  counter = 0;
  readonly #wire: Wire;

  constructor(wire: Wire, of: { member: TestMember; session: SignInAnswer; secrets: DeviceSecrets }) {
    this.#wire = wire;
    this.member = of.member;
    this.session = of.session;
    this.secrets = of.secrets;
  }

  request(method: string, path: string, body?: object): Promise<WireAnswer> {
    return this.#wire.request(method, `/client/v1/${path}`, body);
  }

  /** A code that was not used yet. */
  freshCode(): string {
    this.#wire.nextStep();
    return this.#wire.codeAt(0);
  }

  codeAt(step: number): string {
    return this.#wire.codeAt(step);
  }

  async setPin(pin: string, code: string): Promise<void> {
    const salt = randomBytes(16);
    const { deviceId } = this.session;
    const { pepper } = this.secrets;
    const proof = await pinProof({ pin, salt, pepper, deviceId, issuer: this.#wire.issuer });
    const levelProof = { method: 'totp', code };
    const body = { salt: salt.toString('base64url'), proof, levelProof };
    expectStatus(await this.request('PUT', 'device/pin', body), 204);
  }

  async turnOnSoft(code: string): Promise<void> {
    const { publicKey } = this.secrets;
    const body = { level: 'uv-soft', publicKey, levelProof: { method: 'totp', code } };
    expectStatus(await this.request('PUT', 'device/biometric', body), 204);
  }

  connect(extra: object = {}): Promise<WireAnswer> {
    const body = { gatewayId: this.#wire.gatewayId, wgPublicKey: newWgKey(), ...extra };
    return this.request('POST', 'connections', body);
  }

  /** The question that a connect without proof is answered with. */
  async challenge(): Promise<Challenge> {
    return stepUpExtra.parse((await this.connect()).body).challenge;
  }

  answer(challenge: Pick<Challenge, 'id'>, ...proofs: Proof[]): Promise<WireAnswer> {
    return this.connect({ challengeId: challenge.id, proofs });
  }

  async pinProof(challenge: Challenge, pin: string, forgery: Forgery = {}): Promise<Proof> {
    const salt = Buffer.from(challenge.unlock?.pin?.salt ?? '', 'base64url');
    const { deviceId } = this.session;
    const pepper = forgery.pepper ?? this.secrets.pepper;
    return {
      method: 'pin',
      proof: await pinProof({ pin, salt, pepper, deviceId, issuer: this.#wire.issuer }),
      signature: await this.#statement(challenge, 'pin', forgery),
    };
  }

  async softProof(challenge: Challenge, forgery: Forgery = {}): Promise<Proof> {
    return {
      method: 'uv-soft',
      verifiedAt: new Date(this.#wire.now()).toISOString(),
      signature: await this.#statement(challenge, 'uv-soft', forgery),
    };
  }

  #statement(
    { nonce }: Challenge,
    method: UnlockStatement['method'],
    { key, pepper: _pepper, ...says }: Forgery,
  ): Promise<string> {
    return signStatement(
      {
        v: 1,
        aud: this.#wire.issuer,
        deviceId: this.session.deviceId,
        nonce,
        method,
        uvAt: Math.floor(this.#wire.now() / 1000),
        ctr: ++this.counter,
        appVersion: '0.0.0',
        ...says,
      },
      key ?? this.secrets.key,
    );
  }
}

function expectStatus(answer: WireAnswer, status: number): void {
  if (answer.status !== status)
    throw new Error(`expected ${status}, got ${answer.status}: ${JSON.stringify(answer.body)}`);
}
