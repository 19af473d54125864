import { createHmac } from 'node:crypto';
import { sql } from 'kysely';
import type { ServerContext } from '../../context.ts';
import { costDrawKey } from '../../db/key-check.ts';
import { costText, hashOfNothing } from '../../proof/mfa/secret-hash.ts';

/** Costs change with the configuration and a sign-in at a time. */
const LOOK_AGAIN_MS = 60_000;

/** How many members' passwords were hashed with these parameters. */
export interface CostCount {
  cost: string;
  count: number;
}

/**
 * What a password is compared with that is given for an account that does not exist. Hashes keep the cost they were
 * made with until their owner's next sign-in; so that no cost tells who is a member, an unknown address has one of
 * them, as often as members do: by a secret draw, the same for the address each time.
 */
export class StoredCosts {
  readonly #ctx: ServerContext;
  #drawKey: Promise<Uint8Array> | null = null;
  readonly #dummies = new Map<string, string>();
  #counts: Promise<CostCount[]> = Promise.resolve([]);
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(ctx: ServerContext) {
    this.#ctx = ctx;
  }

  /** Asked for each sign-in, whether or not the account exists. */
  async dummyHash(address: string): Promise<string> {
    const { database, keys, now, config } = this.#ctx;
    if (Math.abs(now() - this.#readAt) >= LOOK_AGAIN_MS) {
      this.#readAt = now();
      // Who comes meanwhile waits for it, too.
      this.#counts = costCounts(database.db);
      // Whom it failed is told so; the next one looks again.
      this.#counts.catch(() => {
        this.#readAt = Number.NEGATIVE_INFINITY;
      });
    }
    this.#drawKey ??= costDrawKey(database.db, keys);
    // Likewise.
    this.#drawKey.catch(() => {
      this.#drawKey = null;
    });
    const draw =
      createHmac('sha256', await this.#drawKey)
        .update(address)
        .digest()
        .readUInt32BE() /
      2 ** 32;
    const cost = drawnCost(await this.#counts, draw) ?? costText(config.argon2);
    const dummy = this.#dummies.get(cost) ?? hashOfNothing(cost);
    this.#dummies.set(cost, dummy);
    return dummy;
  }
}

/** The cost at `draw`, from 0 to below 1, when they lie side by side, each as wide as its count; null without any. */
export function drawnCost(counts: readonly CostCount[], draw: number): string | null {
  const sorted = counts.toSorted((a, b) => (a.cost < b.cost ? -1 : 1));
  let left = draw * sorted.reduce((sum, { count }) => sum + count, 0);
  for (const { cost, count } of sorted) {
    if (left < count) return cost;
    left -= count;
  }
  return null;
}

/** After `$argon2id$v=19$`, up to the next `$`. */
async function costCounts(db: ServerContext['database']['db']): Promise<CostCount[]> {
  const { rows } = await sql<CostCount>`
    select substr(password_hash, 16, instr(substr(password_hash, 16), '$') - 1) as cost, count(*) as count
    from member where removed_at is null group by cost`.execute(db);
  return rows.filter(({ cost }) => /^m=\d+,t=\d+,p=\d+$/.test(cost));
}
