import type { AboutHelper } from '../../src-shared/helper-rpc.ts';
import { problem } from '../../src-shared/problem.ts';
import type { HelperClient } from '../tunnel/helper-client.ts';
import { createKeyPairSupply, type WireGuardKeyPair } from '../tunnel/wireguard-keys.ts';
import type { Feed } from './machine-types.ts';

interface Grant {
  lease: string;
  keyPair: WireGuardKeyPair;
}

/** Hands leases to the helper. Leases and the keys that they were granted for live here only. */
export class HelperCalls {
  readonly #feed: Feed;
  readonly #helper: Pick<HelperClient, 'up' | 'down' | 'refresh' | 'about'>;
  readonly #keyPairs = createKeyPairSupply();
  readonly #grants = new Map<string, Grant>();
  #running: Grant | null = null;

  constructor(feed: Feed, helper: Pick<HelperClient, 'up' | 'down' | 'refresh' | 'about'>) {
    this.#feed = feed;
    this.#helper = helper;
  }

  /** For a new request; `keep` takes the running tunnel's, if there is one. */
  keyPair(kind: 'new' | 'keep'): WireGuardKeyPair {
    return kind === 'keep' && this.#running ? this.#running.keyPair : this.#keyPairs.take();
  }

  get about(): AboutHelper | null {
    return this.#helper.about;
  }

  /** `lease`: the token as the server gave it. */
  granted(leaseId: string, lease: string, keyPair: WireGuardKeyPair): void {
    this.#grants.set(leaseId, { lease, keyPair });
  }

  forget(leaseId: string): void {
    this.#grants.delete(leaseId);
  }

  forgetAll(): void {
    this.#grants.clear();
  }

  async up(id: number, leaseId: string): Promise<void> {
    const grant = this.#grants.get(leaseId);
    if (!grant) {
      this.#feed({ type: 'helper.up-answer', id, problem: problem('lease-invalid') });
      return;
    }
    this.#running = grant;
    const refusal = await this.#helper.up(grant.lease, grant.keyPair.privateKey);
    this.#feed({ type: 'helper.up-answer', id, problem: refusal });
  }

  async refresh(id: number): Promise<void> {
    this.#feed({ type: 'helper.refresh-answer', id, problem: await this.#helper.refresh() });
  }

  async down(id: number): Promise<void> {
    this.#running = null;
    this.#grants.clear();
    const refusal = await this.#helper.down();
    this.#feed({ type: 'helper.down-answer', id, problem: refusal });
  }
}
