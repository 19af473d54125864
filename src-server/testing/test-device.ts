import { createHmac, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { CompactSign } from 'jose';
import type { Challenge } from '../../src-shared/challenge.ts';
import type { SignInAnswer } from '../../src-shared/client-api.ts';
import { pinProofInput, STATEMENT_TYPE, type UnlockStatement } from '../../src-shared/unlock.ts';
import { newWgKey } from './scripted-ends.ts';
import { SoftwareAuthenticator } from './software-authenticator.ts';
import type { HttpAnswer, TestMember, TestServer } from './test-server.ts';

type Asked = Pick<Challenge, 'id' | 'nonce'>;
type StatementChange = Partial<Record<keyof UnlockStatement, unknown>>;

/** A signed-in device with keys of its own that answers challenges as the client does, or as the test wants it wrong. */
export class TestDevice {
  readonly server: TestServer;
  readonly member: TestMember;
  readonly session: SignInAnswer;
  readonly publicKey: string;
  readonly authenticator = new SoftwareAuthenticator();
  readonly soft = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  /** The newest `ctr` that was sent. */
  counter = 0;
  readonly #key: KeyObject;

  private constructor(
    server: TestServer,
    member: TestMember,
    session: SignInAnswer,
    keys: { publicKey: string; privateKey: KeyObject },
  ) {
    this.server = server;
    this.member = member;
    this.session = session;
    this.publicKey = keys.publicKey;
    this.#key = keys.privateKey;
  }

  /** Signs in on a new device with the present code, and moves the clock to the next one. */
  static async signIn(server: TestServer, member: TestMember): Promise<TestDevice> {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const publicKey = spki(pair.publicKey);
    const session = await server.signIn(member, { publicKey });
    server.nextStep();
    return new TestDevice(server, member, session, { publicKey, privateKey: pair.privateKey });
  }

  call(method: string, path: string, body?: unknown): Promise<HttpAnswer> {
    const token = this.session.sessionToken;
    return this.server.request(method, `/client/v1/${path}`, {
      token,
      ...(body === undefined ? {} : { body }),
    });
  }

  connect(gatewayId: string, challenge?: Asked, proofs?: unknown[]): Promise<HttpAnswer> {
    const answers = challenge && proofs ? { challengeId: challenge.id, proofs } : {};
    return this.call('POST', 'connections', { gatewayId, wgPublicKey: newWgKey(), ...answers });
  }

  /** The challenge that a connect without proofs is answered with. */
  async ask(gatewayId: string): Promise<Challenge> {
    const { body } = await this.connect(gatewayId);
    if (!body.challenge) throw new Error(`no challenge: ${JSON.stringify(body)}`);
    return body.challenge;
  }

  code(): { method: 'totp'; code: string } {
    return { method: 'totp', code: this.server.codeOf(this.member) };
  }

  /** The server never derives the key: a plain HMAC of the PIN is as good as argon2id here. */
  pinSecret(pin: string): string {
    const key = createHmac('sha256', this.publicKey).update(pin).digest();
    const input = pinProofInput(this.session.deviceId, this.server.ctx.keys.serverKey.issuer);
    return createHmac('sha256', key).update(input).digest('base64url');
  }

  async statement(
    challenge: Asked,
    method: 'pin' | 'uv-soft',
    change: StatementChange = {},
    key: KeyObject = method === 'pin' ? this.#key : this.soft.privateKey,
    header: { alg?: string; typ?: string } = {},
  ): Promise<string> {
    const statement = {
      v: 1,
      aud: this.server.ctx.keys.serverKey.issuer,
      deviceId: this.session.deviceId,
      nonce: challenge.nonce,
      method,
      uvAt: Math.floor(this.server.clock.now / 1000),
      ctr: ++this.counter,
      appVersion: '1.2.3',
      ...change,
    };
    return new CompactSign(Buffer.from(JSON.stringify(statement)))
      .setProtectedHeader({ alg: 'ES256', typ: STATEMENT_TYPE, ...header })
      .sign(key);
  }

  async pin(challenge: Asked, pin: string, change?: StatementChange, key?: KeyObject) {
    const signature = await this.statement(challenge, 'pin', change, key);
    return { method: 'pin' as const, proof: this.pinSecret(pin), signature };
  }

  async uvSoft(challenge: Asked, change?: StatementChange, key?: KeyObject) {
    const signature = await this.statement(challenge, 'uv-soft', change, key);
    return {
      method: 'uv-soft' as const,
      verifiedAt: new Date(this.server.clock.now).toISOString(),
      signature,
    };
  }

  uvHw(challenge: Asked, quirks: Parameters<SoftwareAuthenticator['get']>[1] = {}) {
    return { method: 'uv-hw' as const, assertion: this.authenticator.get(challenge.nonce, quirks) };
  }

  /** With the present code unless another level proof is given; then the clock is at the next one. */
  async setPin(pin: string, extra: object = { levelProof: this.code() }): Promise<HttpAnswer> {
    const salt = randomBytes(16).toString('base64url');
    const answer = await this.call('PUT', 'device/pin', { salt, proof: this.pinSecret(pin), ...extra });
    this.server.nextStep();
    return answer;
  }

  async setSoft(extra: object = { levelProof: this.code() }): Promise<HttpAnswer> {
    const body = { level: 'uv-soft', publicKey: spki(this.soft.publicKey), ...extra };
    const answer = await this.call('PUT', 'device/biometric', body);
    this.server.nextStep();
    return answer;
  }

  async setHardware(
    authenticator: SoftwareAuthenticator = this.authenticator,
    quirks: Parameters<SoftwareAuthenticator['create']>[1] = {},
  ): Promise<HttpAnswer> {
    const asked = await this.call('PUT', 'device/biometric', { level: 'uv-hw' });
    const { id, nonce } = asked.body.challenge;
    const attestation = authenticator.create(nonce, quirks);
    const body = { level: 'uv-hw', attestation, challengeId: id, levelProof: this.code() };
    const answer = await this.call('PUT', 'device/biometric', body);
    this.server.nextStep();
    return answer;
  }

  /** What lies in the database about this device. */
  row() {
    return this.server.ctx.database.db
      .selectFrom('device')
      .selectAll()
      .where('id', '=', this.session.deviceId)
      .executeTakeFirstOrThrow();
  }
}

/** P-256 SPKI, base64url. */
export function spki(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'der' }).toString('base64url');
}

/** The audit rows of an action, oldest first. */
export async function auditOf(server: TestServer, action: string) {
  const rows = await server.ctx.database.db
    .selectFrom('audit')
    .select(['outcome', 'subject', 'details_json'])
    .where('action', '=', action)
    .orderBy('seq')
    .execute();
  return rows.map(({ outcome, subject, details_json }) => ({
    outcome,
    subject,
    ...JSON.parse(details_json),
  }));
}
