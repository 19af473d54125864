import { setTimeout as sleep } from 'node:timers/promises';
import type { Histogram } from 'prom-client';
import { closeCodes } from '../../../src-shared/client-channel.ts';
import type { Policy } from '../../../src-shared/policy.ts';
import type { ServerContext } from '../../context.ts';
import type { Tx } from '../../db/database.ts';
import { readPolicy } from '../../proof/policy/policy-store.ts';
import type { ClientHub } from '../channel/client-hub.ts';
import type { Confirmation, GatewayRegistry } from '../gateway/gateway-registry.ts';
import type {
  EndAccessAnswer,
  EndAccessRequest,
  EndLeaseAnswer,
  EndLeaseRequest,
  Enforcement,
} from './enforcement.ts';
import { type AccessScope, type LeasePeer, leaseState, livePeers } from './lease-peers.ts';
import { type PendingEnforcement, unenforcedLeases } from './pending-enforcement.ts';
import { type DeviceFrame, type RecordedEnd, recordEnd, recordLeaseEnd } from './record-end.ts';

/** How long a caller waits for the gateways before it hears that one has not confirmed. */
const ENFORCE_WAIT_MS = 2_000;

/** How long a server that is told to end tries to write down what it owes. */
const LAST_TRIES_MS = 15_000;
const RETRY_MS = 200;

interface Recorded extends RecordedEnd {
  policy: Policy;
  /** Leases whose end no gateway has confirmed yet. */
  waiting: string[];
}

/** An end that has to be written down. */
interface Owed {
  scope: AccessScope | { leaseId: string };
  writeDown: () => Promise<unknown>;
}

/**
 * Ends access. The order to the gateway and the frame to the client go out beside the transaction, not after it:
 * removing early is safe, and from that moment no `add` or `sync` brings the peer back. The transaction holds the
 * write lock when the frame goes out, so its seq and its challenge are the ones that are written.
 */
export class AccessEnder implements Enforcement {
  readonly #ctx: ServerContext;
  readonly #registry: GatewayRegistry;
  readonly #hub: ClientHub;
  readonly #pending: PendingEnforcement;
  readonly #seconds: Histogram<'enforced'>;
  /** Ends that the database did not take (disk full): enforced already, written down as soon as it can be. */
  readonly #unrecorded: Owed[] = [];

  constructor(
    ctx: ServerContext,
    registry: GatewayRegistry,
    hub: ClientHub,
    pending: PendingEnforcement,
    seconds: Histogram<'enforced'>,
  ) {
    this.#seconds = seconds;
    this.#ctx = ctx;
    this.#registry = registry;
    this.#hub = hub;
    this.#pending = pending;
  }

  endAccess(request: EndAccessRequest): Promise<EndAccessAnswer> {
    return this.#end(request, []);
  }

  /** `sent`: the frames that went out in an earlier try. */
  async #end(request: EndAccessRequest, sent: DeviceFrame[]): Promise<EndAccessAnswer> {
    const start = performance.now();
    const known = request.known ?? (await livePeers(this.#ctx.database.db, request.scope));
    const orders = this.#order(known);
    const told = new Set<string>();
    const frames = [...sent];
    let recorded: Recorded;
    try {
      recorded = await this.#write(request, told, frames);
    } catch (error) {
      this.#unrecorded.push({ scope: request.scope, writeDown: () => this.#end(request, frames) });
      // They have seen a seq that was not written down: the next hello sets it right.
      for (const deviceId of told) this.#hub.close(deviceId, closeCodes.restart, 'try again');
      throw error;
    }
    const isKnown = new Set(known.map((peer) => peer.leaseId));
    for (const [peers, confirmation] of this.#order(
      recorded.ended.filter((peer) => !isKnown.has(peer.leaseId)),
    ))
      orders.set(peers, confirmation);
    if (request.signOut)
      for (const { deviceId } of recorded.frames)
        this.#hub.close(deviceId, closeCodes.sessionEnded, 'session ended');
    const enforced = await this.#settle(orders, recorded.waiting, start + ENFORCE_WAIT_MS);
    this.#seconds.observe({ enforced: String(enforced) }, (performance.now() - start) / 1000);
    return {
      endedConnections: recorded.ended.length,
      enforced,
      notified: told.size,
      offline: recorded.frames.length - told.size,
      policy: recorded.policy,
    };
  }

  async endLease(request: EndLeaseRequest): Promise<EndLeaseAnswer> {
    const { leaseId, isDeviceTold } = request;
    const { db } = this.#ctx.database;
    const lease = await leaseState(db, request);
    if (!lease || lease.enforcedAt !== null) return { enforced: Promise.resolve(true) };
    if (lease.endedAt !== null) return { enforced: this.#pending.waitFor([leaseId], ENFORCE_WAIT_MS) };
    const orders = this.#order([lease]);
    const words = { reason: request.reason, actor: request.actor, ip: request.ip, now: this.#ctx.now() };
    const record = (tx: Tx): Promise<RecordedEnd> =>
      isDeviceTold
        ? readPolicy(tx).then((policy) => recordEnd(tx, { scope: { leaseId }, policy, ...words }))
        : recordLeaseEnd(tx, leaseId, words);
    try {
      const { frames } = await db.transaction().execute(record);
      this.#tell(frames);
    } catch (error) {
      this.#unrecorded.push({ scope: { leaseId }, writeDown: () => this.endLease(request) });
      throw error;
    }
    return { enforced: this.#settle(orders, [leaseId], performance.now() + ENFORCE_WAIT_MS) };
  }

  carryOut({ ended, frames }: RecordedEnd): Promise<boolean> {
    const orders = this.#order(ended);
    this.#tell(frames);
    const waiting = ended.map((peer) => peer.leaseId);
    return this.#settle(orders, waiting, performance.now() + ENFORCE_WAIT_MS);
  }

  /** Of what is committed. */
  #tell(frames: DeviceFrame[]): void {
    for (const { deviceId, frame } of frames) {
      this.#hub.deliver(deviceId, frame);
      if (frame.type === 'signed-out') this.#hub.close(deviceId, closeCodes.sessionEnded, 'session ended');
    }
  }

  /** Sends `remove` to each gateway concerned, one frame each. */
  #order(peers: LeasePeer[]): Map<LeasePeer[], Promise<Confirmation>> {
    const byGateway = Map.groupBy(peers, (peer) => peer.gatewayId);
    return new Map(
      [...byGateway].map(([gatewayId, ofGateway]) => [
        ofGateway,
        this.#registry.remove(gatewayId, ofGateway, ENFORCE_WAIT_MS),
      ]),
    );
  }

  /**
   * True when every lease in `leaseIds` is gone from its gateway before `deadline` (`performance.now()`): by the
   * orders given, or because the gateway came back and was brought in sync.
   */
  async #settle(
    orders: Map<LeasePeer[], Promise<Confirmation>>,
    leaseIds: string[],
    deadline: number,
  ): Promise<boolean> {
    const enforced = this.#pending.waitFor(leaseIds, Math.max(0, deadline - performance.now()));
    for (const [peers, order] of orders)
      void order
        .then((confirmation) => (confirmation.ok ? this.#pending.markEnforced(peers) : undefined))
        .catch((error: unknown) => this.#ctx.log.error({ err: error }, 'enforcement not written down'));
    return enforced;
  }

  /** Tries again to write down what the database did not take. */
  async retryUnrecorded(): Promise<void> {
    const owed = this.#unrecorded.splice(0);
    for (let next = owed.shift(); next !== undefined; next = owed.shift()) {
      this.#ctx.log.warn({ scope: next.scope }, 'writing down an end of access that failed before');
      try {
        await next.writeDown();
      } catch (error) {
        // The list has kept the one that failed; the others are still owed too.
        this.#unrecorded.push(...owed);
        throw error;
      }
    }
  }

  /**
   * Before the database is closed: tries for so long. Only this process knows of what is not written down by then, so it
   * is named, for whoever asked for it to ask again.
   */
  async stop(withinMs = LAST_TRIES_MS): Promise<void> {
    for (const until = performance.now() + withinMs; this.#unrecorded.length > 0; ) {
      const failed = await this.retryUnrecorded().then(
        () => null,
        (error: unknown) => ({ err: error }),
      );
      if (failed === null) return;
      if (performance.now() >= until) {
        for (const { scope } of this.#unrecorded)
          this.#ctx.log.error(
            { ...failed, scope },
            'an end of access is not in the record, and nobody will know of it after this: end it again',
          );
        return;
      }
      await sleep(RETRY_MS);
    }
  }

  /** The clients hear of it before the first write, in the same moment as the gateway; `told` collects who did. */
  #write(request: EndAccessRequest, told: Set<string>, sent: DeviceFrame[]): Promise<Recorded> {
    const { scope } = request;
    return this.#ctx.database.db.transaction().execute(async (tx) => {
      const policy = await readPolicy(tx);
      const first = (await request.first?.(tx)) ?? [];
      const recorded = await recordEnd(tx, {
        ...request,
        now: this.#ctx.now(),
        policy,
        sent: [...sent],
        onFrames: (frames) => {
          sent.splice(0, sent.length, ...frames);
          for (const { deviceId, frame } of [...first, ...frames])
            if (this.#hub.deliver(deviceId, frame)) told.add(deviceId);
        },
      });
      await request.also?.(tx);
      return { ...recorded, policy, waiting: await unenforcedLeases(tx, scope) };
    });
  }
}
