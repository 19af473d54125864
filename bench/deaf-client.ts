import { generateKeyPairSync } from 'node:crypto';
import pino from 'pino';
import { freshSteps } from '../lab/totp-steps.ts';
import { createHelperClient, type HelperClient } from '../src-client/tunnel/helper-client.ts';
import { generateWireGuardKeyPair } from '../src-client/tunnel/wireguard-keys.ts';
import { connectAnswer, mfaRequiredExtra, signInAnswer } from '../src-shared/client-api.ts';
import type { Bench, BenchMember } from './bench.ts';

/** A client that asks for a lease and opens no channel: an order to disconnect never reaches it. */
export class DeafClient {
  readonly #bench: Bench;
  readonly #member: BenchMember;
  readonly #helper: HelperClient;

  constructor(bench: Bench, member: BenchMember) {
    this.#bench = bench;
    this.#member = member;
    this.#helper = createHelperClient({
      socketPath: bench.stack.laptop.helperSocket,
      random: Math.random,
      log: pino({ level: 'silent' }),
      events: { onReady: () => undefined, onLost: () => undefined, onStatus: () => undefined },
    });
  }

  async connect(): Promise<void> {
    const { email, password, totpSecret } = this.#member;
    const spki = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
    const publicKey = spki.export({ type: 'spki', format: 'der' }).toString('base64url');
    const device = { name: 'deaf', platform: 'linux', publicKey };
    const { mfaToken } = mfaRequiredExtra.parse(await this.#post('sign-in', { email, password, device }));
    const { previous } = await freshSteps(totpSecret);
    const session = signInAnswer.parse(
      await this.#post('sign-in/mfa', { mfaToken, method: 'totp', code: previous }),
    );
    const keys = generateWireGuardKeyPair();
    const wanted = { gatewayId: this.#bench.stack.gateways[0]?.id, wgPublicKey: keys.publicKey };
    const { lease } = connectAnswer.parse(await this.#post('connections', wanted, session.sessionToken));
    const ready = await this.#helper.ensure();
    const refused = ready.ok ? await this.#helper.up(lease, keys.privateKey) : ready.problem;
    if (refused) throw new Error(`${refused.code}: ${refused.detail}`);
  }

  close(): void {
    this.#helper.close();
  }

  async #post(path: string, body: object, token?: string): Promise<unknown> {
    const response = await this.#bench.api.request({
      origin: this.#bench.stack.serverUrl,
      path: `/client/v1/${path}`,
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      body: JSON.stringify(body),
    });
    return response.body.json();
  }
}
