import type { ReasonCode } from '../../../src-shared/challenge.ts';
import { closeCodes } from '../../../src-shared/client-channel.ts';
import type { ServerContext } from '../../context.ts';
import { readPolicy } from '../../proof/policy/policy-store.ts';
import type { ClientHub } from '../channel/client-hub.ts';
import { eventsAfter, storeEvent } from '../channel/event-store.ts';
import type { GatewayRegistry } from '../gateway/gateway-registry.ts';
import type { GatewayTokens } from '../gateway/gateway-tokens.ts';
import type { AccessEnder } from './access-ender.ts';
import { type LeasePeer, selectLivePeers } from './lease-peers.ts';
import type { PendingEnforcement, Unenforced } from './pending-enforcement.ts';

const SWEEP_INTERVAL_MS = 1_000;
/** How soon what an administrator's command has written is carried out. Looking takes microseconds. */
const LOOK_INTERVAL_MS = 50;
/** How old the gateway's word on handshakes may be to end a lease as idle. */
const STATS_FRESH_MS = 30_000;
/** `lease-expiring` goes out when this much is left, if the lease was longer than that to begin with. */
const EXPIRY_WARNINGS_MS = [10 * 60_000, 2 * 60_000];
/** How long a removed gateway may take to drop its peers before its channel is closed all the same. */
const DISMISS_WAIT_MS = 2_000;
/** The longest `failClosedAfterSeconds`: a gateway that has been away for so long has no peers left. */
const LONGEST_FAIL_CLOSED_MS = 86_400_000;
const CLOCK_SLACK_MS = 5 * 60_000;
const FORGET_EVERY_SWEEPS = 600;

export interface SweeperParts {
  ctx: ServerContext;
  registry: GatewayRegistry;
  hub: ClientHub;
  pending: PendingEnforcement;
  ender: AccessEnder;
  tokens: GatewayTokens;
}

/** What happens without anybody asking: expiry, idleness, orders that were not confirmed, changes by another process. */
export class Sweeper {
  readonly #parts: SweeperParts;
  /** `<leaseId> <threshold>` of the warnings that went out. */
  readonly #warned = new Set<string>();
  #externalVersion: number;
  /** By gateway: name and time of its settings, as they were told. */
  #told: ReadonlyMap<string, string> = new Map();
  /** Removed gateways of which clients need not hear any more. */
  #gone = new Set<string>();
  #sweeps = 0;
  #timers: NodeJS.Timeout[] = [];
  #running: Promise<void> = Promise.resolve();

  constructor(parts: SweeperParts) {
    this.#parts = parts;
    this.#externalVersion = parts.ctx.database.externalVersion();
    parts.hub.whenBehind(() => this.#next(() => this.reconcile()));
  }

  async start(): Promise<void> {
    this.#told = await this.#gatewaySettings();
    this.#gone = new Set(await this.#removedGateways());
    this.#timers = [
      setInterval(() => this.#next(() => this.sweep()), SWEEP_INTERVAL_MS),
      setInterval(() => this.#next(() => this.hearOthers()), LOOK_INTERVAL_MS),
    ];
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#running;
  }

  #next(round: () => Promise<void>): void {
    const { ctx } = this.#parts;
    this.#running = this.#running
      .then(round)
      .catch((error: unknown) => ctx.log.error({ err: error }, 'sweep failed, next one in a second'));
  }

  /** One round; public so that tests need not wait. */
  async sweep(): Promise<void> {
    const { ender } = this.#parts;
    await ender.retryUnrecorded();
    await this.hearOthers();
    await this.#parts.tokens.endOverdue();
    await this.#endExpired();
    await this.#endIdle();
    await this.#warnExpiring();
    await this.#enforceAgain();
    if (this.#sweeps++ % FORGET_EVERY_SWEEPS === 0) await this.#forgetWarned();
  }

  /** What another process (an administrator's command) has written is carried out: first at the gateways. */
  async hearOthers(): Promise<void> {
    const version = this.#parts.ctx.database.externalVersion();
    if (version === this.#externalVersion) return;
    this.#externalVersion = version;
    await this.#enforceAgain();
    await this.reconcile();
  }

  /** What clients and gateways have not been told of the record is told now. */
  async reconcile(): Promise<void> {
    const { ctx, hub } = this.#parts;
    const { db } = ctx.database;
    for (const client of hub.open()) {
      if (client.sentSeq >= 0)
        for (const frame of await eventsAfter(db, client.deviceId, client.sentSeq))
          hub.replay(client.deviceId, frame);
      const session = await db
        .selectFrom('session')
        .innerJoin('member', 'member.id', 'session.member_id')
        .select('session.id')
        .where('session.id', '=', client.sessionId)
        .where('session.ended_at', 'is', null)
        .where('member.is_blocked', '=', 0)
        .executeTakeFirst();
      if (!session) hub.close(client.deviceId, closeCodes.sessionEnded, 'session ended');
    }
    await Promise.all((await this.#removedGateways()).map((id) => this.dismiss(id)));
    await this.#parts.tokens.closeEnded();
    await this.tellEdits();
  }

  /** Gateways that were edited hear of it, and clients that there is something new to ask for. */
  async tellEdits(): Promise<void> {
    const { registry, hub } = this.#parts;
    const before = this.#told;
    const now = await this.#gatewaySettings();
    this.#told = now;
    for (const [id, settings] of now) {
      if (!before.has(id) || before.get(id) === settings) continue;
      registry.resync(id);
      const state = registry.isOnline(id) ? 'online' : 'offline';
      hub.broadcast({ type: 'gateway', id, state, trouble: registry.troubleOf(id), isEdited: true });
    }
  }

  async #removedGateways(): Promise<string[]> {
    const { db } = this.#parts.ctx.database;
    const rows = await db.selectFrom('gateway').select('id').where('removed_at', 'is not', null).execute();
    return rows.map(({ id }) => id);
  }

  async #gatewaySettings(): Promise<Map<string, string>> {
    const rows = await this.#parts.ctx.database.db
      .selectFrom('gateway')
      .select(['id', 'name', 'settings_at'])
      .where('removed_at', 'is', null)
      .execute();
    return new Map(rows.map(({ id, name, settings_at }) => [id, `${settings_at} ${name}`]));
  }

  /** A removed gateway drops every peer while it can still be told: its token opens no channel any more. */
  async dismiss(gatewayId: string): Promise<void> {
    const { registry, pending } = this.#parts;
    if (registry.isOnline(gatewayId)) {
      const ended = await pending.unenforced(gatewayId);
      const confirmation = await registry.sync(gatewayId, { peers: [], networks: [] }, DISMISS_WAIT_MS);
      if (confirmation.ok) await pending.markEnforced(ended);
    }
    registry.close(gatewayId, closeCodes.sessionEnded, 'gateway removed');
    // Clients look anew at what they may choose from.
    const gone = { type: 'gateway', id: gatewayId, state: 'offline', trouble: null, isEdited: true } as const;
    if (!this.#gone.has(gatewayId)) this.#parts.hub.broadcast(gone);
    this.#gone.add(gatewayId);
  }

  async #endExpired(): Promise<void> {
    const { ctx } = this.#parts;
    const peers = await selectLivePeers(ctx.database.db).where('expires_at', '<=', ctx.now()).execute();
    for (const peer of peers)
      await this.#end(
        peer,
        'lease-expired',
        'This connection reached the longest time that your team allows.',
      );
  }

  async #endIdle(): Promise<void> {
    const { ctx, registry } = this.#parts;
    const { idleSeconds } = await readPolicy(ctx.database.db);
    const before = ctx.now() - idleSeconds * 1000;
    const peers = await selectLivePeers(ctx.database.db)
      // One expression: by `begun_at` alone SQLite would look through all that ever was, and not through what lives.
      .where((eb) =>
        eb(eb.fn('max', ['begun_at', eb.fn.coalesce('last_handshake_at', 'begun_at')]), '<', before),
      )
      .execute();
    for (const peer of peers) {
      if (registry.lastStatsAt(peer.gatewayId) < ctx.now() - STATS_FRESH_MS) continue;
      await this.#end(peer, 'idle', 'The gateway has not heard from this computer for a while.');
    }
  }

  async #warnExpiring(): Promise<void> {
    const { ctx, hub } = this.#parts;
    const now = ctx.now();
    for (const threshold of EXPIRY_WARNINGS_MS) {
      const leases = await ctx.database.db
        .selectFrom('lease')
        .select(['id', 'device_id', 'expires_at'])
        .where('ended_at', 'is', null)
        .where('expires_at', '>', now)
        .where('expires_at', '<=', now + threshold)
        .where((eb) => eb(eb('expires_at', '-', eb.ref('begun_at')), '>', threshold))
        .execute();
      for (const lease of leases) {
        const key = `${lease.id} ${threshold}`;
        if (this.#warned.has(key)) continue;
        this.#warned.add(key);
        const expiresAt = new Date(lease.expires_at).toISOString();
        const frame = await ctx.database.db
          .transaction()
          .execute((tx) =>
            storeEvent(tx, lease.device_id, { type: 'lease-expiring', leaseId: lease.id, expiresAt }, now),
          );
        hub.deliver(lease.device_id, frame);
      }
    }
  }

  /** Ended leases whose gateway is there but has not confirmed: told again until it does. */
  async #enforceAgain(): Promise<void> {
    const { ctx, registry, pending, ender } = this.#parts;
    const settled = registry.revokedBefore(ctx.now() - 60_000);
    const unenforced = await pending.unenforced();
    const isOpen = new Set(unenforced.map((lease) => lease.leaseId));
    registry.forgetRevoked(settled.filter((leaseId) => !isOpen.has(leaseId)));
    await pending.markEnforced(unenforced.filter((lease) => hasEndedByItself(lease, ctx.now())));
    const due = unenforced.filter(
      ({ leaseId, gatewayId }) => registry.isOnline(gatewayId) && !registry.isOrderPending(leaseId),
    );
    if (due.length === 0) return;
    const live = await selectLivePeers(ctx.database.db).execute();
    const liveKeys = new Set(live.map((peer) => `${peer.gatewayId} ${peer.publicKey}`));
    // A key that a newer lease uses must stay: the peer is that lease's now.
    const [taken, gone] = [
      due.filter((lease) => liveKeys.has(`${lease.gatewayId} ${lease.publicKey}`)),
      due.filter((lease) => !liveKeys.has(`${lease.gatewayId} ${lease.publicKey}`)),
    ];
    // At once: a lease that is begun with one of these keys meanwhile adds its peer after this.
    void ender.carryOut({ ended: gone, frames: [] });
    await pending.markEnforced(taken);
  }

  async #end({ leaseId, deviceId }: LeasePeer, code: ReasonCode, message: string): Promise<void> {
    const { ctx, ender } = this.#parts;
    const reason = { code, message, at: new Date(ctx.now()).toISOString() };
    await ender.endLease({ leaseId, deviceId, reason, actor: 'server', ip: null, isDeviceTold: true });
  }

  async #forgetWarned(): Promise<void> {
    const live = await selectLivePeers(this.#parts.ctx.database.db).execute();
    const alive = new Set(live.map((peer) => peer.leaseId));
    for (const key of this.#warned) if (!alive.has(key.slice(0, key.indexOf(' ')))) this.#warned.delete(key);
  }
}

/** A gateway that never comes back must not leave a disconnect unconfirmed for ever: by now its own rules took the peer away. */
function hasEndedByItself({ endedAt, expiresAt }: Unenforced, now: number): boolean {
  return Math.max(expiresAt, endedAt + LONGEST_FAIL_CLOSED_MS) + CLOCK_SLACK_MS < now;
}
