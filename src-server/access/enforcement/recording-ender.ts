import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerContext } from '../../context.ts';
import { readPolicy } from '../../proof/policy/policy-store.ts';
import type {
  EndAccessAnswer,
  EndAccessRequest,
  EndLeaseAnswer,
  EndLeaseRequest,
  Enforcement,
} from './enforcement.ts';
import { unenforcedLeases } from './pending-enforcement.ts';
import { type DeviceFrame, type RecordedEnd, recordEnd, recordLeaseEnd } from './record-end.ts';

/** The running server looks for what others wrote every 50 ms, and gives a gateway two seconds. */
const CARRY_OUT_WAIT_MS = 2_500;
const LOOK_EVERY_MS = 10;
/** Clients acknowledge in the same moment in which the gateway confirms; who has not by then counts as offline. */
const ACK_WAIT_MS = 300;
/** In one statement: SQLite takes an expression of a thousand levels at most. */
const FRAMES_AT_ONCE = 200;

/**
 * Ends access from a process beside the server: in the record, by the same transactions. The server that runs on this
 * database carries it out; without one, gateways hear of it when it is back. `notified` counts the devices that have
 * acknowledged their frame by the time of the answer.
 */
export class RecordingEnder implements Enforcement {
  readonly #ctx: Pick<ServerContext, 'database' | 'now'>;
  readonly #isServerRunning: () => boolean;

  constructor(ctx: Pick<ServerContext, 'database' | 'now'>, isServerRunning: () => boolean) {
    this.#ctx = ctx;
    this.#isServerRunning = isServerRunning;
  }

  async endAccess(request: EndAccessRequest): Promise<EndAccessAnswer> {
    const recorded = await this.#ctx.database.db.transaction().execute(async (tx) => {
      const policy = await readPolicy(tx);
      await request.first?.(tx);
      const end = await recordEnd(tx, { ...request, now: this.#ctx.now(), policy });
      await request.also?.(tx);
      return { ...end, policy, waiting: await unenforcedLeases(tx, request.scope) };
    });
    const enforced = await this.#areEnforced(recorded.waiting);
    const notified = await this.#countTaken(recorded.frames);
    return {
      endedConnections: recorded.ended.length,
      enforced,
      notified,
      offline: recorded.frames.length - notified,
      policy: recorded.policy,
    };
  }

  async endLease(request: EndLeaseRequest): Promise<EndLeaseAnswer> {
    const { leaseId, isDeviceTold } = request;
    const words = { reason: request.reason, actor: request.actor, ip: request.ip, now: this.#ctx.now() };
    const { ended } = await this.#ctx.database.db
      .transaction()
      .execute(async (tx) =>
        isDeviceTold
          ? recordEnd(tx, { scope: { leaseId }, policy: await readPolicy(tx), ...words })
          : recordLeaseEnd(tx, leaseId, words),
      );
    return { enforced: this.#areEnforced(ended.map((peer) => peer.leaseId)) };
  }

  carryOut({ ended }: RecordedEnd): Promise<boolean> {
    return this.#areEnforced(ended.map((peer) => peer.leaseId));
  }

  /** True once the server has written down that every gateway confirmed; false after a while, or without a server. */
  async #areEnforced(leaseIds: readonly string[]): Promise<boolean> {
    if (leaseIds.length === 0) return true;
    const waiting = this.#ctx.database.db
      .selectFrom('lease')
      .select('id')
      .where('id', 'in', leaseIds)
      .where('enforced_at', 'is', null)
      .limit(1);
    return this.#untilEmpty(waiting, performance.now() + CARRY_OUT_WAIT_MS);
  }

  async #countTaken(frames: readonly DeviceFrame[]): Promise<number> {
    const until = performance.now() + ACK_WAIT_MS;
    let kept = 0;
    for (let from = 0; from < frames.length; from += FRAMES_AT_ONCE)
      kept += await this.#countKept(frames.slice(from, from + FRAMES_AT_ONCE), until);
    return frames.length - kept;
  }

  async #countKept(frames: readonly DeviceFrame[], until: number): Promise<number> {
    const kept = this.#ctx.database.db
      .selectFrom('event')
      .select('device_id')
      .where((eb) =>
        eb.or(
          frames.map(({ deviceId, frame }) =>
            eb.and([eb('device_id', '=', deviceId), eb('seq', '=', frame.seq)]),
          ),
        ),
      );
    await this.#untilEmpty(kept.limit(1), until);
    return (await kept.execute()).length;
  }

  /** `until`: by the monotonic clock, milliseconds. */
  async #untilEmpty(query: { executeTakeFirst(): Promise<unknown> }, until: number): Promise<boolean> {
    for (;;) {
      if ((await query.executeTakeFirst()) === undefined) return true;
      if (performance.now() > until || !this.#isServerRunning()) return false;
      await sleep(LOOK_EVERY_MS);
    }
  }
}
