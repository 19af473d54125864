import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { pinProof } from '../../src-main/client/unlock/pin.ts';
import { signStatement } from '../../src-main/client/unlock/statement.ts';
import { newWgKey, ScriptedGateway } from '../../src-server/testing/scripted-ends.ts';
import {
  type HttpAnswer,
  startTestServer,
  type TestMember,
  type TestServer,
} from '../../src-server/testing/test-server.ts';
import type { Challenge, Proof } from '../../src-shared/challenge.ts';
import { type SignInAnswer, stepUpExtra } from '../../src-shared/client-api.ts';
import type { Policy } from '../../src-shared/policy.ts';
import type { UnlockStatement } from '../../src-shared/unlock.ts';

export const PIN = '739155';
/** What a thief would try; none is the PIN. */
export const WRONG_PINS = ['118822', '204060', '551177', '990088', '313131'] as const;

/** Only a PIN or the system's prompt is asked for, and no code stands in for anything by grace. */
export const unlockOnly: Partial<Policy> = {
  unlockPriorConnection: true,
  totpPriorConnection: false,
  signInGraceSeconds: 0,
};

/** The real control server on loopback with its database and a clock that tests set; its gateway is a scripted end. */
export class WireLab {
  readonly server: TestServer;
  readonly gateway: ScriptedGateway;

  private constructor(server: TestServer, gateway: ScriptedGateway) {
    this.server = server;
    this.gateway = gateway;
  }

  static async start(policy: Partial<Policy> = unlockOnly): Promise<WireLab> {
    const server = await startTestServer();
    const gateway = await ScriptedGateway.create(server);
    await gateway.connect(server);
    await server.setPolicy(policy);
    return new WireLab(server, gateway);
  }

  async stop(): Promise<void> {
    await this.gateway.disconnect();
    await this.server.close();
  }

  /** A member with one device that is signed in, and has PIN and soft unlock set up as asked. */
  async device({ pin = true, soft = false } = {}): Promise<WireDevice> {
    const member = await this.server.addMember();
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const spki = publicKey.export({ type: 'spki', format: 'der' }).toString('base64url');
    const session = await this.server.signIn(member, { publicKey: spki });
    const device = new WireDevice(this, { member, session, key: privateKey, publicKey: spki });
    if (pin) await device.setPin(PIN);
    if (soft) await device.turnOnSoft();
    return device;
  }

  /** `action:outcome:cause` of everything that was recorded about this device. */
  async audit(deviceId: string): Promise<string[]> {
    const rows = await this.server.ctx.database.db
      .selectFrom('audit')
      .selectAll()
      .where('subject', '=', `device:${deviceId}`)
      .orderBy('seq')
      .execute();
    return rows.map(({ action, outcome, details_json }) => {
      const { cause } = JSON.parse(details_json ?? '{}');
      return [action, outcome, cause].filter(Boolean).join(':');
    });
  }
}

/** What a forged statement says differently, and what it is signed and derived with. */
export interface Forgery extends Partial<UnlockStatement> {
  key?: KeyObject;
  pepper?: Buffer;
}

/** A device as whoever has its secrets can play it, straight on the wire. */
export class WireDevice {
  readonly lab: WireLab;
  readonly member: TestMember;
  readonly session: SignInAnswer;
  readonly key: KeyObject;
  readonly publicKey: string;
  readonly pepper = randomBytes(32);
  counter = 0;

  constructor(
    lab: WireLab,
    of: { member: TestMember; session: SignInAnswer; key: KeyObject; publicKey: string },
  ) {
    this.lab = lab;
    this.member = of.member;
    this.session = of.session;
    this.key = of.key;
    this.publicKey = of.publicKey;
  }

  get #issuer(): string {
    return this.lab.server.ctx.keys.serverKey.issuer;
  }

  request(method: string, path: string, body?: object): Promise<HttpAnswer> {
    const options = { token: this.session.sessionToken, ...(body ? { body } : {}) };
    return this.lab.server.request(method, `/client/v1/${path}`, options);
  }

  /** A code that was not used yet. */
  freshCode(): string {
    this.lab.server.nextStep();
    return this.lab.server.codeOf(this.member);
  }

  async setPin(pin: string): Promise<void> {
    const salt = randomBytes(16);
    const { deviceId } = this.session;
    const proof = await pinProof({ pin, salt, pepper: this.pepper, deviceId, issuer: this.#issuer });
    const levelProof = { method: 'totp', code: this.freshCode() };
    const body = { salt: salt.toString('base64url'), proof, levelProof };
    expectStatus(await this.request('PUT', 'device/pin', body), 204);
  }

  async turnOnSoft(): Promise<void> {
    const levelProof = { method: 'totp', code: this.freshCode() };
    const body = { level: 'uv-soft', publicKey: this.publicKey, levelProof };
    expectStatus(await this.request('PUT', 'device/biometric', body), 204);
  }

  connect(extra: object = {}): Promise<HttpAnswer> {
    const body = { gatewayId: this.lab.gateway.id, wgPublicKey: newWgKey(), ...extra };
    return this.request('POST', 'connections', body);
  }

  /** The question that a connect without proof is answered with. */
  async challenge(): Promise<Challenge> {
    return stepUpExtra.parse((await this.connect()).body).challenge;
  }

  answer(challenge: Pick<Challenge, 'id'>, ...proofs: Proof[]): Promise<HttpAnswer> {
    return this.connect({ challengeId: challenge.id, proofs });
  }

  async pinProof(challenge: Challenge, pin = PIN, forgery: Forgery = {}): Promise<Proof> {
    const salt = Buffer.from(challenge.unlock?.pin?.salt ?? '', 'base64url');
    const { deviceId } = this.session;
    const pepper = forgery.pepper ?? this.pepper;
    return {
      method: 'pin',
      proof: await pinProof({ pin, salt, pepper, deviceId, issuer: this.#issuer }),
      signature: await this.#statement(challenge, 'pin', forgery),
    };
  }

  async softProof(challenge: Challenge, forgery: Forgery = {}): Promise<Proof> {
    return {
      method: 'uv-soft',
      verifiedAt: new Date(this.lab.server.clock.now).toISOString(),
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
        aud: this.#issuer,
        deviceId: this.session.deviceId,
        nonce,
        method,
        uvAt: Math.floor(this.lab.server.clock.now / 1000),
        ctr: ++this.counter,
        appVersion: '0.0.0',
        ...says,
      },
      key ?? this.key,
    );
  }
}

function expectStatus(answer: HttpAnswer, status: number): void {
  if (answer.status !== status)
    throw new Error(`expected ${status}, got ${answer.status}: ${JSON.stringify(answer.body)}`);
}
