import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import { inTurn } from '../src-node/in-turn.ts';
import type { WgDevice, WgPeerStats } from '../src-node/wireguard/device.ts';
import type { OverlapSide } from '../src-shared/helper-rpc.ts';
import { fail, ok, type Result } from '../src-shared/problem.ts';
import {
  begun,
  type Connection,
  hasExpired,
  isAlive,
  isNews,
  isOwnPort,
  isTurnOver,
  statusOf,
  triedAnew,
  withStats,
} from './connection.ts';
import type { DnsSettings } from './dns-settings.ts';
import { isSameSession, peerOf } from './lease-peer.ts';
import type { AcceptedLease } from './lease-verifier.ts';
import type { TunnelInterface } from './platform.ts';
import { type PortChoice, PortTurn } from './port-turn.ts';
import { pollDelayMs } from './traffic.ts';
import type { Tunnel, TunnelStatus } from './tunnel.ts';

export interface SessionOptions {
  open: () => Promise<TunnelInterface>;
  dns: (onChange: () => void) => DnsSettings;
  /** Names the network that the computer is attached to; null without one. */
  attachment: () => string | null;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Milliseconds of a clock that nobody can set. */
  monotonicNow: () => number;
  log: Logger;
}

const NO_KEY = 'A'.repeat(43);

/** Lease in, interface up, bytes seen: one interface that stays, whose key, peer, addresses and routes come and go. */
export class Session implements Tunnel {
  readonly #options: SessionOptions;
  readonly #dns: DnsSettings;
  readonly #ports: PortTurn;
  readonly #listeners: ((status: TunnelStatus) => void)[] = [];
  #interface: TunnelInterface | null = null;
  #connection: Connection | null = null;
  /** Whose the networks of both are, as the user said. */
  #side: OverlapSide = 'local';
  #pollTimer: NodeJS.Timeout | undefined;
  /** Two orders never overlap. */
  readonly #inTurn = inTurn();

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#dns = options.dns(() => this.#announce());
    this.#ports = new PortTurn(options.attachment);
  }

  /** Makes the interface ahead of the first `up`. Rejects with the reason when this computer cannot. */
  prepare(): Promise<void> {
    return this.#inTurn(() => this.#ready().then(() => undefined));
  }

  up(lease: AcceptedLease): Promise<Result<void>> {
    return this.#inTurn(async () => {
      try {
        return await this.#up(lease);
      } catch (error) {
        await this.#takeDown();
        this.#options.log.error({ err: error }, 'the tunnel could not be set up');
        const why = error instanceof Error ? error.message : error;
        return fail('tunnel-failed', `The tunnel could not be set up: ${why}`);
      }
    });
  }

  down(): Promise<void> {
    return this.#inTurn(() => this.#takeDown());
  }

  reroute(): Promise<Result<void>> {
    return this.#inTurn(() => this.#reroute());
  }

  overlap(side: OverlapSide): Promise<Result<void>> {
    return this.#inTurn(() => {
      if (!this.#connection) return fail('wrong-state', 'There is no connection whose networks these are.');
      this.#side = side;
      return this.#reroute();
    });
  }

  refresh(): Promise<Result<void>> {
    return this.#inTurn(async () => {
      // The computer may be on another network, which has others in common with the team.
      const rerouted = await this.#reroute();
      if (!this.#connection) return rerouted;
      const { lease, choice } = this.#connection;
      await this.#shakeHands(lease, this.#ports.again(lease.claims.wg, choice));
      if (this.#connection) this.#connection = { ...this.#connection, askedAt: this.#connection.triedAt };
      this.#schedulePoll();
      return ok(undefined);
    });
  }

  /** Whether packets come back. */
  get isAlive(): boolean {
    return this.#connection !== null && isAlive(this.#connection, this.#options.monotonicNow());
  }

  status(): TunnelStatus {
    return statusOf(this.#connection, this.#dns.status);
  }

  onChange(listener: (status: TunnelStatus) => void): void {
    this.#listeners.push(listener);
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#takeDown();
      await this.#interface?.device.close();
      this.#interface = null;
    });
  }

  async #ready(): Promise<TunnelInterface> {
    if (this.#interface) return this.#interface;
    const opened = await this.#options.open();
    this.#interface = opened;
    void opened.device.ended.then(({ reason }) => this.#inTurn(() => this.#lost(opened, reason)));
    return opened;
  }

  /** A refusal, with the tunnel down, when the lease does not fit the network any more. */
  async #reroute(): Promise<Result<void>> {
    if (!this.#connection || !this.#interface) return ok(undefined);
    const applied = await this.#interface.network.apply(this.#connection.lease.claims, this.#side);
    if (!applied.ok) {
      await this.#takeDown();
      return applied;
    }
    const before = this.#connection;
    this.#connection = { ...before, overlap: applied.value };
    if (!isDeepStrictEqual(before.overlap, applied.value)) this.#announce();
    return ok(undefined);
  }

  async #up(lease: AcceptedLease): Promise<Result<void>> {
    const { device, network } = await this.#ready();
    const { wg } = lease.claims;
    const previous = this.#connection;
    const isRenewal = previous !== null && isSameSession(previous.lease, lease);
    const choice = isRenewal ? this.#ports.kept(wg, previous.choice) : this.#ports.first(wg);
    await network.prepare(lease.claims);
    // The device shakes hands while the kernel takes the routes; the mark is there before the peer.
    const applying = device.apply({
      ...{ fwmark: network.mark, add: [peerOf(lease, choice.port)] },
      ...(isRenewal ? {} : { privateKey: lease.privateKey, replacePeers: true }),
    });
    const [applied, configured] = await Promise.allSettled([
      applying,
      network.apply(lease.claims, this.#side),
    ]);
    if (applied.status === 'rejected') throw applied.reason;
    if (configured.status === 'rejected') throw configured.reason;
    if (!configured.value.ok) {
      await this.#takeDown();
      return configured.value;
    }
    const overlap = configured.value.value;
    this.#connection = isRenewal
      ? { ...previous, lease, choice, overlap }
      : begun(lease, { choice, overlap }, this.#options.monotonicNow());
    void this.#dns.use(Array.isArray(wg.dns) ? { servers: wg.dns } : wg.dns);
    this.#announce();
    this.#schedulePoll();
    return ok(undefined);
  }

  /**
   * WireGuard keeps a young session and starts no handshake in it; a new peer under the same key starts with one. What
   * went through is carried over. Rejects, with the tunnel down, when the device refuses.
   */
  async #shakeHands(lease: AcceptedLease, choice: PortChoice): Promise<void> {
    if (!this.#interface) return;
    const peer = peerOf(lease, choice.port);
    await this.#interface.device.apply({ remove: [peer.publicKey], add: [peer] }).catch(async (error) => {
      // Half of it may be done: a tunnel without its peer is none.
      await this.#takeDown();
      throw error;
    });
    // The counters may have been read meanwhile.
    if (this.#connection)
      this.#connection = triedAnew(this.#connection, choice, this.#options.monotonicNow());
    this.#schedulePoll();
  }

  /** Nobody answers at this port of the gateway: the turn is the next one's, round and round. */
  async #goOn(tried: Connection): Promise<void> {
    const connection = this.#connection;
    if (connection?.triedAt !== tried.triedAt || !isTurnOver(connection, this.#options.monotonicNow()))
      return;
    const { log } = this.#options;
    const choice = this.#ports.next(connection.lease.claims.wg, connection.choice);
    log.debug({ port: choice.port }, 'no handshake: trying another UDP port of the gateway');
    await this.#shakeHands(connection.lease, choice).catch((error: unknown) =>
      log.error({ err: error }, 'the WireGuard device refused another port'),
    );
  }

  /** Routes first, so that nothing waits for a tunnel that is going; the interface stays, without key and peer. */
  async #takeDown(): Promise<void> {
    clearTimeout(this.#pollTimer);
    const wasUp = this.#connection !== null;
    if (wasUp) this.#side = 'local';
    this.#connection = null;
    const clearing = this.#interface?.network.clear();
    const [cleared, applied] = await Promise.allSettled([
      clearing,
      this.#interface?.device.apply({ privateKey: NO_KEY, fwmark: 0, replacePeers: true }),
    ]);
    const failed = [cleared, applied].find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') {
      // Without its interface nothing of a tunnel is left, whatever went wrong before.
      this.#options.log.error(
        { err: failed.reason },
        'the tunnel did not go down cleanly; removing its interface',
      );
      await this.#interface?.device.close();
      this.#interface = null;
    }
    // Before the name servers, which may take their time.
    if (wasUp) this.#announce();
    await this.#dns.use(null);
  }

  async #lost(gone: TunnelInterface, reason: string): Promise<void> {
    if (this.#interface !== gone) return;
    this.#options.log.error({ reason }, 'the WireGuard interface is gone');
    this.#interface = null;
    try {
      await gone.network.clear();
      await gone.device.close();
    } catch (error) {
      this.#options.log.error({ err: error }, 'what the interface has left could not be removed');
    }
    await this.#takeDown();
  }

  #schedulePoll(): void {
    clearTimeout(this.#pollTimer);
    const connection = this.#connection;
    const device = this.#interface?.device;
    if (!connection || !device) return;
    const delay = pollDelayMs(connection, this.#options.monotonicNow(), device.kind);
    this.#pollTimer = setTimeout(() => void this.#poll(device), delay);
  }

  async #poll(device: WgDevice): Promise<void> {
    const asked = this.#connection;
    const peers = await device.peers().catch((error: unknown) => {
      this.#options.log.warn({ err: error }, 'the WireGuard device did not answer');
      return null;
    });
    // A tunnel that went down, was replaced or has a new peer meanwhile has its own poll; what was read is not of it.
    const connection = this.#connection;
    if (!connection || connection.triedAt !== asked?.triedAt) return;
    const { now, monotonicNow } = this.#options;
    if (hasExpired(connection, now(), monotonicNow())) return this.#inTurn(() => this.#expire(connection));
    const stats = peers?.find(({ publicKey }) => publicKey === connection.lease.claims.wg.serverPublicKey);
    const noted = stats ? this.#note(connection, stats) : connection;
    if (isTurnOver(noted, this.#options.monotonicNow())) await this.#inTurn(() => this.#goOn(noted));
    this.#schedulePoll();
  }

  #note(before: Connection, read: WgPeerStats): Connection {
    const noted = withStats(before, read, this.#options.monotonicNow());
    this.#connection = noted;
    if (before.stats.lastHandshakeAt === null && read.lastHandshakeAt !== null) {
      this.#ports.worked(noted.lease.claims.wg, noted.choice);
      if (!isOwnPort(noted))
        this.#options.log.info({ port: noted.choice.port }, 'the gateway answers on an alternate port');
    }
    if (isNews(before, noted)) this.#announce();
    return noted;
  }

  async #expire(connection: Connection): Promise<void> {
    if (this.#connection?.lease !== connection.lease) return;
    this.#options.log.info({ leaseId: connection.lease.claims.jti }, 'the lease has run out');
    await this.#takeDown();
  }

  #announce(): void {
    for (const listener of this.#listeners) listener(this.status());
  }
}
