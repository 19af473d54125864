const HOUR_MS = 3_600_000;

/** How many rows one of those whom nobody trusts may make in the audit log in an hour. */
export class HourlyBudget {
  readonly #most: number;
  readonly #hours = new Map<string, { since: number; taken: number }>();

  constructor(most: number) {
    this.#most = most;
  }

  /** As many of `wanted` as there is room for now. */
  take(id: string, wanted: number, now: number): number {
    for (const [known, { since }] of this.#hours) if (now - since >= HOUR_MS) this.#hours.delete(known);
    const hour = this.#hours.get(id) ?? { since: now, taken: 0 };
    const given = Math.min(wanted, this.#most - hour.taken);
    this.#hours.set(id, { ...hour, taken: hour.taken + given });
    return given;
  }
}
