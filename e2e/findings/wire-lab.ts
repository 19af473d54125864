import { ScriptedGateway } from '../../src-server/testing/scripted-ends.ts';
import { startTestServer, type TestServer } from '../../src-server/testing/test-server.ts';
import type { Policy } from '../../src-shared/policy.ts';
import { newDeviceSecrets, WireDevice } from './wire-device.ts';

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
    const { server, gateway } = this;
    const member = await server.addMember();
    const secrets = newDeviceSecrets();
    const session = await server.signIn(member, { publicKey: secrets.publicKey });
    const device = new WireDevice(
      {
        issuer: server.ctx.keys.serverKey.issuer,
        gatewayId: gateway.id,
        now: () => server.clock.now,
        request: (method, path, body) =>
          server.request(method, path, { token: session.sessionToken, ...(body ? { body } : {}) }),
        codeAt: (step) => server.codeOf(member, step),
        nextStep: () => server.nextStep(),
      },
      { member, session, secrets },
    );
    if (pin) await device.setPin(PIN, device.freshCode());
    if (soft) await device.turnOnSoft(device.freshCode());
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
