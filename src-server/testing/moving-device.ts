import type { SignInAnswer } from '../../src-shared/client-api.ts';
import type { LeaseRow } from '../db/schema.ts';
import { newWgKey, ScriptedGateway } from './scripted-ends.ts';
import {
  type HttpAnswer,
  newDeviceKey,
  startTestServer,
  type TestMember,
  type TestServer,
} from './test-server.ts';

/** A device that was connected with a code at the first of three gateways. */
export class MovingDevice {
  readonly server: TestServer;
  readonly member: TestMember;
  readonly gateways: readonly [ScriptedGateway, ScriptedGateway, ScriptedGateway];
  session: SignInAnswer;
  readonly #publicKey: string;
  wgPublicKey = newWgKey();
  /** The lease that the device holds. */
  leaseId = '';
  expiresAt = '';

  private constructor(
    server: TestServer,
    member: TestMember,
    gateways: MovingDevice['gateways'],
    { session, publicKey }: { session: SignInAnswer; publicKey: string },
  ) {
    this.#publicKey = publicKey;
    this.server = server;
    this.member = member;
    this.gateways = gateways;
    this.session = session;
  }

  static async start(): Promise<MovingDevice> {
    const server = await startTestServer();
    await server.setPolicy({ signInGraceSeconds: 0 });
    const gateways = [
      await ScriptedGateway.create(server, 'gw1'),
      await ScriptedGateway.create(server, 'gw2'),
      await ScriptedGateway.create(server, 'gw3'),
    ] as const;
    for (const gateway of gateways) await gateway.connect(server);
    const member = await server.addMember();
    const publicKey = newDeviceKey();
    const session = await server.signIn(member, { publicKey });
    const device = new MovingDevice(server, member, [...gateways], { session, publicKey });
    await device.connect();
    return device;
  }

  async stop(): Promise<void> {
    for (const gateway of this.gateways) await gateway.disconnect();
    await this.server.close();
  }

  /** The same device again. */
  async signIn(): Promise<void> {
    this.server.nextStep();
    const device = { id: this.session.deviceId, publicKey: this.#publicKey };
    this.session = await this.server.signIn(this.member, device);
  }

  /** Anew and with a code; the lease is the one that the device holds from then on. */
  async connect(change: object = {}): Promise<void> {
    this.server.nextStep();
    const challengeId = (await this.post(change)).body.challenge.id;
    const proofs = [{ method: 'totp', code: this.server.codeOf(this.member) }];
    const { status, body } = await this.post({ challengeId, proofs, ...change });
    if (status !== 201) throw new Error(`connecting was refused with ${body.code}`);
    this.leaseId = body.leaseId;
    this.expiresAt = body.expiresAt;
  }

  post(change: object = {}): Promise<HttpAnswer> {
    const { wgPublicKey, session } = this;
    const body = { gatewayId: this.gateways[0].id, wgPublicKey, ...change };
    return this.server.request('POST', '/client/v1/connections', { token: session.sessionToken, body });
  }

  /** To the gateway of this number, naming the lease that the device holds. */
  move(to: 0 | 1 | 2, change: object = {}): Promise<HttpAnswer> {
    return this.post({ gatewayId: this.gateways[to].id, moveOf: this.leaseId, ...change });
  }

  async lose(number: 0 | 1 | 2): Promise<void> {
    const { id } = this.gateways[number];
    await this.gateways[number].disconnect();
    while (this.server.parts.registry.isOnline(id)) await new Promise((resolve) => setTimeout(resolve, 1));
  }

  live(): Promise<LeaseRow[]> {
    return this.server.ctx.database.db
      .selectFrom('lease')
      .selectAll()
      .where('ended_at', 'is', null)
      .where('device_id', '=', this.session.deviceId)
      .execute();
  }

  /** How many peers each gateway has. */
  get peers(): number[] {
    return this.gateways.map(({ peers }) => peers.size);
  }

  async kick(): Promise<HttpAnswer> {
    const token = await this.server.addApiToken(['members:disconnect']);
    return this.server.request('POST', `/api/v1/member/${this.member.id}/disconnect`, { token });
  }
}
