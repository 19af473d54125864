import type { Logger } from 'pino';
import type { WgDevice, WgPeer, WgPeerStats } from '../src-node/wireguard/device.ts';
import type { Peer } from '../src-shared/gateway-channel.ts';
import { type Clock, type Deadline, deadlineAt, remainingMs } from './clock.ts';
import { LeaseTerms } from './lease-terms.ts';
import { OrderQueue } from './order-queue.ts';
import type { RevOutcome } from './rev-ledger.ts';

/** The longest that a wall clock set forward stays unnoticed. */
const LOOK_AT_LEAST_EVERY_MS = 5_000;
const RETRY_MS = 1_000;

const toWgPeer = ({ publicKey, presharedKey, allowedIps }: Peer): WgPeer => ({
  publicKey,
  presharedKey,
  allowedIps,
});

/**
 * What this gateway holds to, whatever the server's state: peers are those that the server named, none stays past its
 * lease, and none at all stays when the server has been away for `failClosedAfterSeconds` or knows this gateway no more.
 */
export class Enforcer {
  readonly #device: WgDevice;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #failClosedAfterMs: number;
  readonly #queue: OrderQueue;
  readonly #terms: LeaseTerms;
  #serverLost: Deadline | null = null;
  /** All peers had to go and the device refused: tried again until it takes it or the server names peers anew. */
  #owesEmpty = false;
  #timer: NodeJS.Timeout | null = null;
  #isStopped = false;

  constructor(device: WgDevice, failClosedAfterSeconds: number, clock: Clock, log: Logger) {
    this.#device = device;
    this.#clock = clock;
    this.#log = log;
    this.#failClosedAfterMs = failClosedAfterSeconds * 1000;
    this.#queue = new OrderQueue(device);
    this.#terms = new LeaseTerms(clock);
  }

  /** The device ends up with exactly these peers, without those whose lease is over. */
  sync(peers: Peer[]): Promise<RevOutcome> {
    const live = peers.filter((peer) => !this.#terms.isOver(peer));
    if (live.length < peers.length) {
      this.#log.warn(
        { peers: peers.length - live.length },
        'the server named peers whose lease is over here',
      );
    }
    this.#terms.replace(live);
    this.#owesEmpty = false;
    // The server has the say again, before the device is done: else these peers would fall to the time that ran.
    const lost = this.#serverLost;
    this.#serverLost = null;
    const outcome = this.#queue.submit({ type: 'sync', peers: live.map(toWgPeer) });
    void outcome.then(({ type }) => {
      if (type === 'failed') this.#serverLost = lost ?? this.#serverLost;
      this.#schedule();
    });
    return outcome;
  }

  add(peer: Peer): Promise<RevOutcome> {
    if (this.#terms.isOver(peer)) {
      return Promise.resolve({ type: 'failed', error: "the lease is over by this gateway's clock" });
    }
    this.#terms.put(peer);
    const outcome = this.#queue.submit({ type: 'add', peer: toWgPeer(peer) });
    this.#schedule();
    return outcome;
  }

  remove(publicKeys: string[]): Promise<RevOutcome> {
    // First the device, then the books: nothing may stand before this.
    const outcome = this.#queue.submit({ type: 'remove', publicKeys });
    for (const publicKey of publicKeys) this.#terms.drop(publicKey);
    return outcome;
  }

  /** The figures of all peers. Rejects when the device does not answer. */
  stats(): Promise<WgPeerStats[]> {
    return this.#device.peers();
  }

  /** The channel is gone: from now on the time runs after which everybody goes. The next `sync` stops it. */
  serverLost(): void {
    if (this.#isStopped) return;
    this.#serverLost ??= deadlineAt(this.#clock, this.#clock.wallMs() + this.#failClosedAfterMs);
    this.#schedule();
  }

  /** The server says that this gateway is none of its own: nobody is left who could end a peer, so all go now. */
  dismissed(): void {
    if (this.#isStopped) return;
    this.#serverLost = deadlineAt(this.#clock, this.#clock.wallMs());
    this.#schedule();
  }

  /** Removes every peer and ends all timers. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#timer) clearTimeout(this.#timer);
    this.#terms.replace([]);
    const outcome = await this.#queue.submit({ type: 'sync', peers: [] });
    if (outcome.type === 'failed')
      this.#log.warn({ error: outcome.error }, 'peers could not be removed one by one');
  }

  #schedule(retryMs = 0): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#isStopped) return;
    const lostMs =
      this.#serverLost && this.#queue.mayHavePeers ? remainingMs(this.#clock, this.#serverLost) : null;
    const endMs = this.#terms.nextEndMs();
    if (lostMs === null && endMs === null && !this.#owesEmpty) return;
    const nextMs = Math.min(
      lostMs ?? LOOK_AT_LEAST_EVERY_MS,
      endMs ?? LOOK_AT_LEAST_EVERY_MS,
      LOOK_AT_LEAST_EVERY_MS,
    );
    this.#timer = setTimeout(() => void this.#look(), Math.max(nextMs, retryMs));
  }

  async #look(): Promise<void> {
    const isLost =
      this.#queue.mayHavePeers &&
      this.#serverLost !== null &&
      remainingMs(this.#clock, this.#serverLost) <= 0;
    const over = this.#terms.over();
    let outcome: RevOutcome = { type: 'done' };
    if (isLost || this.#owesEmpty) {
      this.#log.error('no server stands behind the peers any more: all are removed');
      this.#terms.replace([]);
      this.#owesEmpty = true;
      outcome = await this.#queue.submit({ type: 'sync', peers: [] });
      if (outcome.type === 'done') this.#owesEmpty = false;
    } else if (over.length > 0) {
      this.#log.info({ peers: over.length }, 'leases have ended: their peers are removed');
      outcome = await this.#queue.submit({ type: 'remove', publicKeys: over });
      if (outcome.type === 'done') this.#dropTerms(over);
    }
    if (outcome.type === 'failed')
      this.#log.error({ error: outcome.error }, 'peers could not be removed, trying again');
    this.#schedule(outcome.type === 'failed' ? RETRY_MS : 0);
  }

  /** An addition may have come while the device was busy: only terms that are over go. */
  #dropTerms(publicKeys: string[]): void {
    const over = new Set(this.#terms.over());
    for (const publicKey of publicKeys) if (over.has(publicKey)) this.#terms.drop(publicKey);
  }
}
