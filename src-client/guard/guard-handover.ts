import type { Logger } from 'pino';
import * as z from 'zod';
import { guardClaims } from '../../src-shared/guard.ts';
import { parseJson } from '../../src-shared/parse-json.ts';
import { problemKinds } from '../../src-shared/problem.ts';
import type { HelperClient } from '../tunnel/helper-client.ts';

interface Order {
  token: string;
  /** `iss` and `sub`: of these the helper keeps one. */
  owner: string;
  deviceId: string;
  seq: number;
}

const { iss, sub, seq } = guardClaims.shape;
const named = z.object({ iss, sub, seq });

export interface GuardHandoverOptions {
  helper: Pick<HelperClient, 'isReady' | 'guard'>;
  log: Logger;
}

/** Hands the guards of the servers to the helper. While it is away the newest of each device is kept, in memory only. */
export class GuardHandover {
  readonly #options: GuardHandoverOptions;
  readonly #owed = new Map<string, Order>();
  readonly #settled = new Set<string>();
  #work: Promise<void> = Promise.resolve();

  constructor(options: GuardHandoverOptions) {
    this.#options = options;
  }

  /** Never waits for the caller. Resolves when the helper has answered, or is away. */
  give(token: string): Promise<void> {
    const order = readOrder(token);
    if (!order) {
      this.#options.log.warn('the server sent a guard that is none');
      return Promise.resolve();
    }
    const known = this.#owed.get(order.owner);
    if (!known || known.seq < order.seq) this.#owed.set(order.owner, order);
    return this.handOver();
  }

  /** What is still owed. */
  handOver(): Promise<void> {
    this.#work = this.#work.then(() => this.#run());
    return this.#work;
  }

  /** Whether the helper knows what the server has said of this device since `forget`. */
  isSettled(deviceId: string): boolean {
    return this.#settled.has(deviceId);
  }

  forget(deviceId: string): void {
    this.#settled.delete(deviceId);
  }

  async #run(): Promise<void> {
    const { helper, log } = this.#options;
    const tried = new Set<Order>();
    const next = () => [...this.#owed.values()].find((order) => !tried.has(order));
    for (let order = next(); order && helper.isReady; order = next()) {
      tried.add(order);
      const refusal = await helper.guard(order.token);
      if (refusal) log.info({ code: refusal.code }, 'guard not taken');
      if (refusal && problemKinds[refusal.code].action === 'retry') continue;
      if (this.#owed.get(order.owner) === order) this.#owed.delete(order.owner);
      // `guard-invalid`: what the helper knows is newer.
      if (!refusal || refusal.code === 'guard-invalid') this.#settled.add(order.deviceId);
    }
  }
}

/** Reads who a guard is for from its JWS (RFC 7515 §7.1); null when it is none. Only the helper verifies. */
function readOrder(token: string): Order | null {
  const [, payload] = token.split('.');
  if (!payload) return null;
  const claims = named.safeParse(parseJson(Buffer.from(payload, 'base64url').toString('utf8')));
  if (!claims.success) return null;
  return {
    token,
    owner: `${claims.data.iss} ${claims.data.sub}`,
    deviceId: claims.data.sub,
    seq: claims.data.seq,
  };
}
