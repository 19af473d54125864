import { inTurn } from '../../src-node/in-turn.ts';
import type { ServerContext } from '../context.ts';
import { purgePast } from '../db/retention.ts';
import { removeArchived } from './audit-archive.ts';
import { closeRefusals } from './refusals.ts';

const INTERVAL_MS = 10 * 60_000;

/** What a server with a past does in the background: counts become rows, and what is over goes as the settings say. */
export class Housekeeping {
  readonly #ctx: ServerContext;
  #timer: NodeJS.Timeout | undefined;
  readonly #inTurn = inTurn();
  #isStopping = false;

  constructor(ctx: ServerContext) {
    this.#ctx = ctx;
  }

  start(): void {
    this.#next();
    this.#timer = setInterval(() => this.#next(), INTERVAL_MS);
  }

  /** Ends what is on its way, and writes down what was counted; before the database is closed. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#timer);
    await this.#inTurn(() => closeRefusals(this.#ctx.database.db, this.#ctx.now(), { isAll: true }));
  }

  #next(): void {
    this.#inTurn(() => this.round()).catch((error: unknown) =>
      this.#ctx.log.error({ err: error }, 'housekeeping failed, next round in 10 minutes'),
    );
  }

  /** One round; public so that tests need not wait. */
  async round(): Promise<void> {
    const { config, database, log, now } = this.#ctx;
    const isStopping = (): boolean => this.#isStopping;
    await closeRefusals(database.db, now());
    const removed = await removeArchived(database.db, isStopping);
    if (removed > 0) log.info({ removed }, 'removed audit rows that an interrupted archive had left');
    const purged = await purgePast(database.db, config.retention, now(), isStopping);
    if (Object.keys(purged).length > 0) log.info({ purged }, 'purged what was over');
  }
}
