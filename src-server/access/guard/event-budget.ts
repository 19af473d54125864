import { MAX_GUARD_EVENTS } from '../../../src-shared/guard.ts';

const HOUR_MS = 3_600_000;

/** How many events of a computer go into the audit log in an hour: no more than its helper keeps. */
export class GuardEventBudget {
  readonly #hours = new Map<string, { since: number; taken: number }>();

  /** As many of `wanted` as there is room for now. */
  take(deviceId: string, wanted: number, now: number): number {
    for (const [id, { since }] of this.#hours) if (now - since >= HOUR_MS) this.#hours.delete(id);
    const hour = this.#hours.get(deviceId) ?? { since: now, taken: 0 };
    const given = Math.min(wanted, MAX_GUARD_EVENTS - hour.taken);
    this.#hours.set(deviceId, { ...hour, taken: hour.taken + given });
    return given;
  }
}
