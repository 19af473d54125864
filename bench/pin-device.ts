import type { KeyObject } from 'node:crypto';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { Agent } from 'undici';
import { freshSteps } from '../lab/totp-steps.ts';
import { pinProof } from '../src-client/unlock/pin.ts';
import { signStatement } from '../src-client/unlock/statement.ts';
import { mfaRequiredExtra, type SignInAnswer, signInAnswer, stepUpExtra } from '../src-shared/client-api.ts';
import type { StackFile } from '../src-shared/stack-file.ts';
import { pinKeyParameters } from '../src-shared/unlock.ts';
import type { BenchMember } from './bench.ts';

const PIN = '739155';

/** A device on the bare client API. It derives its PIN once: a check costs it one signature. */
export class PinDevice {
  readonly #api: Agent;
  readonly #issuer: string;
  readonly #key: KeyObject;
  readonly #session: SignInAnswer;
  #proof = '';
  #counter = 0;

  private constructor(api: Agent, issuer: string, key: KeyObject, session: SignInAnswer) {
    this.#api = api;
    this.#issuer = issuer;
    this.#key = key;
    this.#session = session;
  }

  /** Signs in with the code of the step before and sets a PIN with the present one. */
  static async setUp(api: Agent, { serverUrl }: StackFile, member: BenchMember): Promise<PinDevice> {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const spki = publicKey.export({ type: 'spki', format: 'der' }).toString('base64url');
    const { email, password, totpSecret } = member;
    const codes = await freshSteps(totpSecret);
    const device = { name: 'bench', platform: 'linux', publicKey: spki };
    const asked = await send(api, serverUrl, 'POST', 'sign-in', { email, password, device });
    const { mfaToken } = mfaRequiredExtra.parse(asked.body);
    const code = { mfaToken, method: 'totp', code: codes.previous };
    const signedIn = await send(api, serverUrl, 'POST', 'sign-in/mfa', code);
    const made = new PinDevice(api, serverUrl, privateKey, signInAnswer.parse(signedIn.body));
    await made.#setPin(codes.current);
    return made;
  }

  async #setPin(code: string): Promise<void> {
    const salt = randomBytes(pinKeyParameters.saltBytes);
    const { deviceId } = this.#session;
    this.#proof = await pinProof({ pin: PIN, salt, pepper: randomBytes(32), deviceId, issuer: this.#issuer });
    const body = {
      salt: salt.toString('base64url'),
      proof: this.#proof,
      levelProof: { method: 'totp', code },
    };
    const { status } = await this.#send('PUT', 'device/pin', body);
    if (status !== 204) throw new Error(`expected the PIN to be set, got ${status}`);
  }

  /** A question asked for and answered: two requests. Rejects unless the proof was accepted. */
  async check(): Promise<void> {
    const asked = await this.#send('POST', 'device/unlock-check', {});
    const { id, nonce } = stepUpExtra.parse(asked.body).challenge;
    const signature = await signStatement(
      {
        v: 1,
        aud: this.#issuer,
        deviceId: this.#session.deviceId,
        nonce,
        method: 'pin',
        uvAt: Math.floor(Date.now() / 1000),
        ctr: ++this.#counter,
        appVersion: '0.0.0',
      },
      this.#key,
    );
    const proof = { method: 'pin', proof: this.#proof, signature };
    const { status, body } = await this.#send('POST', 'device/unlock-check', { challengeId: id, proof });
    if (status !== 204) throw new Error(`the proof was refused: ${status} ${JSON.stringify(body)}`);
  }

  #send(method: 'POST' | 'PUT', path: string, body: object): Promise<Answer> {
    return send(this.#api, this.#issuer, method, path, body, this.#session.sessionToken);
  }
}

interface Answer {
  status: number;
  body: unknown;
}

async function send(
  api: Agent,
  origin: string,
  method: 'POST' | 'PUT',
  path: string,
  body: object,
  token?: string,
): Promise<Answer> {
  const response = await api.request({
    origin,
    path: `/client/v1/${path}`,
    method,
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify(body),
  });
  const text = await response.body.text();
  return { status: response.statusCode, body: text === '' ? null : JSON.parse(text) };
}
