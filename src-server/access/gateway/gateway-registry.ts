import { type CloseCode, closeCodes } from '../../../src-shared/client-channel.ts';
import {
  degradedBy,
  gatewayFeature,
  type HostTrouble,
  type Peer,
  type ToGateway,
} from '../../../src-shared/gateway-channel.ts';

/** What an agent hears at the beginning, and again after every change of its settings. */
export interface GatewayTruth {
  peers: Peer[];
  /** CIDR list: where members may go. */
  networks: string[];
  /** UDP ports that lead to the tunnel's own; left out for an agent that does not know of them. */
  alternatePorts?: number[];
  /** The gateway's own, with the length of their networks; left out likewise. */
  addresses?: string[];
}

/** How the registry talks to one agent; `close` drops the channel. */
export interface GatewayWire {
  send(frame: ToGateway): void;
  close(code: CloseCode, reason: string): void;
  /** Sends the whole truth anew. */
  resync(): void;
}

export type Confirmation =
  | { ok: true }
  | { ok: false; why: 'offline' | 'timeout' | 'failed'; error?: string };

interface Link {
  wire: GatewayWire;
  /** False until the first `sync` went out; orders wait in `held`. */
  isSynced: boolean;
  /** A whole truth is being read: an `add` before it would be taken back by it. */
  isReading: boolean;
  held: (() => void)[];
  waiting: Map<number, (confirmation: Confirmation) => void>;
  lastStatsAt: number;
  /** Null until the agent has told. */
  troubles: readonly HostTrouble[] | null;
  clock: HostTrouble | null;
}

/**
 * The gateways that are connected now, and the order in which they are told things. Frames go out in the order of
 * the calls; each carries a rev that only grows, and its promise settles when the agent has confirmed that rev.
 */
export class GatewayRegistry {
  readonly #links = new Map<string, Link>();
  /** Leases that were ordered away: whatever is still on its way must not bring their peers back. */
  readonly #revoked = new Map<string, number>();
  /** Leases whose `remove` is out and not settled. */
  readonly #ordered = new Set<string>();
  readonly #now: () => number;
  #rev = 0;
  #onChange: (gatewayId: string, isOnline: boolean) => void = () => undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Called when a gateway has confirmed the whole truth, when its channel is gone, and when `troubleOf` is another. */
  whenChanged(listener: (gatewayId: string, isOnline: boolean) => void): void {
    this.#onChange = listener;
  }

  isOnline(gatewayId: string): boolean {
    return this.#links.get(gatewayId)?.isSynced ?? false;
  }

  /** When the agent last reported on its peers, milliseconds since 1970; 0 when it is not connected. */
  lastStatsAt(gatewayId: string): number {
    return this.#links.get(gatewayId)?.lastStatsAt ?? 0;
  }

  noteStats(gatewayId: string): void {
    const link = this.#links.get(gatewayId);
    if (link) link.lastStatsAt = this.#now();
  }

  /** What is wrong on the gateway's host, its clock at the end; nothing is known while it is away. */
  hostTroubles(gatewayId: string): HostTrouble[] {
    const { troubles, clock = null } = this.#links.get(gatewayId) ?? {};
    const told = troubles ?? [];
    // An agent may have found out about its clock by itself.
    return clock === null || told.some(({ id }) => id === clock.id) ? [...told] : [...told, clock];
  }

  /** `id` of the first of what keeps members' packets from passing there; null: nothing that is known. */
  troubleOf(gatewayId: string): string | null {
    return degradedBy(this.#links.get(gatewayId)?.troubles ?? [])?.id ?? null;
  }

  /** Whether the agent has said what is wrong, or that nothing is. */
  isHealthKnown(gatewayId: string): boolean {
    return (this.#links.get(gatewayId)?.troubles ?? null) !== null;
  }

  clockTroubleOf(gatewayId: string): HostTrouble | null {
    return this.#links.get(gatewayId)?.clock ?? null;
  }

  /** The agent's word on its host; false when this is not the gateway's channel any more. */
  noteTroubles(gatewayId: string, wire: GatewayWire, troubles: readonly HostTrouble[]): boolean {
    const link = this.#links.get(gatewayId);
    if (link?.wire !== wire) return false;
    const before = this.troubleOf(gatewayId);
    link.troubles = troubles;
    if (this.troubleOf(gatewayId) !== before) this.#onChange(gatewayId, link.isSynced);
    return true;
  }

  /** The same for what the server found out about its clock. */
  noteClock(gatewayId: string, wire: GatewayWire, trouble: HostTrouble | null): boolean {
    const link = this.#links.get(gatewayId);
    if (link?.wire !== wire) return false;
    link.clock = trouble;
    return true;
  }

  /** Of those that are online. */
  get degradedCount(): number {
    return [...this.#links].filter(([id, link]) => link.isSynced && this.troubleOf(id) !== null).length;
  }

  get onlineCount(): number {
    return [...this.#links.values()].filter((link) => link.isSynced).length;
  }

  /** A newer channel of the same gateway takes over; what waited for the old one fails as `offline`. */
  attach(gatewayId: string, wire: GatewayWire): void {
    const old = this.#links.get(gatewayId);
    // First the new link: what the old one held back finds that its channel is gone.
    this.#links.set(gatewayId, {
      ...{ wire, isSynced: false, isReading: false, held: [], waiting: new Map(), lastStatsAt: 0 },
      ...{ troubles: null, clock: null },
    });
    if (!old) return;
    this.#drop(old);
    old.wire.close(closeCodes.replaced, 'replaced');
  }

  detach(gatewayId: string, wire: GatewayWire): void {
    const link = this.#links.get(gatewayId);
    if (link?.wire !== wire) return;
    this.#links.delete(gatewayId);
    this.#drop(link);
    this.#onChange(gatewayId, false);
  }

  /** A whole truth is about to be read: what is added from now on goes out after it. */
  holdAdds(gatewayId: string): void {
    const link = this.#links.get(gatewayId);
    if (link) link.isReading = true;
  }

  /** Has a gateway that is in sync told the whole truth anew. */
  resync(gatewayId: string): void {
    const link = this.#links.get(gatewayId);
    if (link?.isSynced) link.wire.resync();
  }

  /** The whole truth. `peers` of revoked leases are left out at the moment of sending. */
  sync(gatewayId: string, { peers, ...settings }: GatewayTruth, timeoutMs: number): Promise<Confirmation> {
    const link = this.#links.get(gatewayId);
    if (!link) return Promise.resolve({ ok: false, why: 'offline' });
    const live = peers.filter((peer) => !this.#revoked.has(peer.leaseId));
    const confirmation = this.#order(
      link,
      (rev) => ({ type: 'sync', rev, peers: live, ...settings, accepts: [...gatewayFeature.options] }),
      timeoutMs,
    );
    link.isSynced = true;
    link.isReading = false;
    for (const order of link.held.splice(0)) order();
    void confirmation.then(({ ok }) => {
      if (ok && this.#links.get(gatewayId) === link) this.#onChange(gatewayId, true);
    });
    return confirmation;
  }

  /** Asks for a peer, unless its lease has been revoked meanwhile (`failed`). */
  add(gatewayId: string, peer: Peer, timeoutMs: number): Promise<Confirmation> {
    return this.#whenSynced(gatewayId, 'after-reading', (link) =>
      this.#revoked.has(peer.leaseId)
        ? Promise.resolve({ ok: false, why: 'failed', error: 'lease revoked' })
        : this.#order(link, (rev) => ({ type: 'add', rev, peer }), timeoutMs),
    );
  }

  /** Takes peers away. From this call on no `add` or `sync` in flight can bring the leases back. */
  remove(
    gatewayId: string,
    leases: { leaseId: string; publicKey: string }[],
    timeoutMs: number,
  ): Promise<Confirmation> {
    for (const { leaseId } of leases) this.#revoked.set(leaseId, this.#now());
    const peers = leases.map((lease) => lease.publicKey);
    for (const { leaseId } of leases) this.#ordered.add(leaseId);
    const confirmation = this.#whenSynced(gatewayId, 'at-once', (link) =>
      this.#order(link, (rev) => ({ type: 'remove', rev, peers }), timeoutMs),
    );
    void confirmation.then(() => {
      for (const { leaseId } of leases) this.#ordered.delete(leaseId);
    });
    return confirmation;
  }

  /** Whether a `remove` for this lease is on its way. */
  isOrderPending(leaseId: string): boolean {
    return this.#ordered.has(leaseId);
  }

  /** Whether the lease was ordered away. */
  isRevoked(leaseId: string): boolean {
    return this.#revoked.has(leaseId);
  }

  /** Once the record says that the leases have ended, it is the record that keeps them out. */
  forgetRevoked(leaseIds: Iterable<string>): void {
    for (const leaseId of leaseIds) this.#revoked.delete(leaseId);
  }

  revokedBefore(time: number): string[] {
    return [...this.#revoked].filter(([, at]) => at < time).map(([leaseId]) => leaseId);
  }

  /** The agent's word on one rev. */
  confirm(gatewayId: string, rev: number, confirmation: Confirmation): void {
    const link = this.#links.get(gatewayId);
    link?.waiting.get(rev)?.(confirmation);
    link?.waiting.delete(rev);
  }

  closeAll(code: CloseCode, reason: string): void {
    for (const [gatewayId, link] of [...this.#links]) {
      this.detach(gatewayId, link.wire);
      link.wire.close(code, reason);
    }
  }

  close(gatewayId: string, code: CloseCode, reason: string): void {
    const link = this.#links.get(gatewayId);
    if (!link) return;
    this.detach(gatewayId, link.wire);
    link.wire.close(code, reason);
  }

  #whenSynced(
    gatewayId: string,
    when: 'at-once' | 'after-reading',
    order: (link: Link) => Promise<Confirmation>,
  ): Promise<Confirmation> {
    const link = this.#links.get(gatewayId);
    if (!link) return Promise.resolve({ ok: false, why: 'offline' });
    if (link.isSynced && (when === 'at-once' || !link.isReading)) return order(link);
    return new Promise((resolve) => {
      link.held.push(() => {
        if (this.#links.get(gatewayId) === link) void order(link).then(resolve);
        else resolve({ ok: false, why: 'offline' });
      });
    });
  }

  #order(link: Link, frame: (rev: number) => ToGateway, timeoutMs: number): Promise<Confirmation> {
    const rev = this.#nextRev();
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        link.waiting.delete(rev);
        resolve({ ok: false, why: 'timeout' });
      }, timeoutMs);
      link.waiting.set(rev, (confirmation) => {
        clearTimeout(timer);
        resolve(confirmation);
      });
      link.wire.send(frame(rev));
    });
  }

  /** Grows across restarts too, as long as the clock does; within a process it always grows. */
  #nextRev(): number {
    this.#rev = Math.max(this.#rev + 1, this.#now() * 1000);
    return this.#rev;
  }

  #drop(link: Link): void {
    for (const settle of link.waiting.values()) settle({ ok: false, why: 'offline' });
    link.waiting.clear();
    for (const order of link.held.splice(0)) order();
  }
}
