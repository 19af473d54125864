import type { Peer } from '../src-shared/gateway-channel.ts';
import { type Clock, type Deadline, deadlineAt, remainingMs } from './clock.ts';

interface Term {
  leaseId: string;
  expiresAt: string;
  deadline: Deadline;
}

/**
 * Until when each peer may stay, by this machine's own clocks. Hearing of the same lease again never moves its end
 * later, so that a wall clock set back between two syncs prolongs nothing.
 */
export class LeaseTerms {
  readonly #clock: Clock;
  #terms = new Map<string, Term>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether the peer's lease is over already. */
  isOver(peer: Peer): boolean {
    return remainingMs(this.#clock, this.#termOf(peer).deadline) <= 0;
  }

  put(peer: Peer): void {
    this.#terms.set(peer.publicKey, this.#termOf(peer));
  }

  /** From now on exactly these peers have a term. */
  replace(peers: readonly Peer[]): void {
    this.#terms = new Map(peers.map((peer) => [peer.publicKey, this.#termOf(peer)]));
  }

  drop(publicKey: string): void {
    this.#terms.delete(publicKey);
  }

  /** Public keys of the peers whose lease is over. */
  over(): string[] {
    return [...this.#terms]
      .filter(([, { deadline }]) => remainingMs(this.#clock, deadline) <= 0)
      .map(([publicKey]) => publicKey);
  }

  /** Milliseconds until the next lease ends; null when there is none. */
  nextEndMs(): number | null {
    let next: number | null = null;
    for (const { deadline } of this.#terms.values()) {
      next = Math.min(next ?? Number.POSITIVE_INFINITY, remainingMs(this.#clock, deadline));
    }
    return next;
  }

  #termOf({ publicKey, leaseId, expiresAt }: Peer): Term {
    const known = this.#terms.get(publicKey);
    if (known?.leaseId === leaseId && known.expiresAt === expiresAt) return known;
    return { leaseId, expiresAt, deadline: deadlineAt(this.#clock, Date.parse(expiresAt)) };
  }
}
