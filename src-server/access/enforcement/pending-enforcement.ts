import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Db, Tx } from '../../db/database.ts';
import { prepared } from '../../db/prepared.ts';
import { type AccessScope, type LeasePeer, peerColumns } from './lease-peers.ts';

/** Longer than from reading the record to waiting for what it says. */
const CONFIRMED_KEPT_MS = 10_000;

/** An ended lease whose gateway has not confirmed yet. */
export interface Unenforced extends LeasePeer {
  /** Milliseconds since 1970. */
  endedAt: number;
  expiresAt: number;
}

const unenforcedBy = (column: 'member_id' | 'device_id') =>
  prepared<{ id: string }, { id: string }>((db, param) =>
    db
      .selectFrom('lease')
      .select('id')
      .where(column, '=', param('id'))
      .where('ended_at', 'is not', null)
      .where('enforced_at', 'is', null),
  );
const unenforcedOfMember = unenforcedBy('member_id');
const unenforcedOfDevice = unenforcedBy('device_id');

/** The ids of the ended leases of the scope whose gateway has not confirmed yet. */
export async function unenforcedLeases(tx: Tx, scope: AccessScope): Promise<string[]> {
  const { rows } =
    'memberId' in scope
      ? await unenforcedOfMember(tx, { id: scope.memberId })
      : await unenforcedOfDevice(tx, { id: scope.deviceId });
  return rows.map((row) => row.id);
}

/** The ends that have not reached their gateway yet: the list on disk, and those who wait for a confirmation. */
export class PendingEnforcement {
  readonly #db: Db;
  readonly #now: () => number;
  readonly #waiters = new Set<{ left: Set<string>; done: () => void }>();
  /** Leases that were confirmed just now: who read the record before it said so has nothing to wait for. */
  readonly #confirmed = new Set<string>();

  constructor(db: Db, now: () => number) {
    this.#db = db;
    this.#now = now;
  }

  unenforced(gatewayId?: string): Promise<Unenforced[]> {
    let query = this.#db
      .selectFrom('lease')
      .select([...peerColumns, 'ended_at as endedAt', 'expires_at as expiresAt'])
      .$narrowType<{ endedAt: number }>()
      .where('ended_at', 'is not', null)
      .where('enforced_at', 'is', null);
    if (gatewayId) query = query.where('gateway_id', '=', gatewayId);
    return query.execute();
  }

  /** The gateway confirmed that these peers are gone: whoever waits is told first, then it is written down. */
  async markEnforced(leases: { leaseId: string }[]): Promise<void> {
    if (leases.length === 0) return;
    for (const { leaseId } of leases) this.#confirmed.add(leaseId);
    for (const waiter of [...this.#waiters]) {
      for (const { leaseId } of leases) waiter.left.delete(leaseId);
      if (waiter.left.size === 0) waiter.done();
    }
    // Whoever has waited answers first; writing it down takes a flush of the disk.
    await nextTurn();
    setTimeout(() => {
      for (const { leaseId } of leases) this.#confirmed.delete(leaseId);
    }, CONFIRMED_KEPT_MS).unref();
    await this.#db
      .updateTable('lease')
      .set({ enforced_at: this.#now() })
      .where(
        'id',
        'in',
        leases.map((lease) => lease.leaseId),
      )
      .where('ended_at', 'is not', null)
      .where('enforced_at', 'is', null)
      .execute();
  }

  /** True once all of these leases are enforced, false after `timeoutMs`. */
  waitFor(leaseIds: string[], timeoutMs: number): Promise<boolean> {
    const left = new Set(leaseIds.filter((leaseId) => !this.#confirmed.has(leaseId)));
    if (left.size === 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const finish = (isEnforced: boolean): void => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
        resolve(isEnforced);
      };
      const waiter = { left, done: () => finish(true) };
      const timer = setTimeout(() => finish(false), timeoutMs);
      this.#waiters.add(waiter);
    });
  }
}
