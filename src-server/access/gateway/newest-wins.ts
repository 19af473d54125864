import type { ServerContext } from '../../context.ts';

/** How often what one gateway says is acted on: each time costs a write, and all clients may hear of it. */
const TURN_MS = 500;

/** Work for whoever asks for it again and again: the first at once, then the newest of what came meanwhile, turn by turn. */
export class NewestWins {
  readonly #log: ServerContext['log'];
  /** What waits for the next turn, by who asked; there is one as long as there is a turn. */
  readonly #turns = new Map<string, (() => Promise<void>) | null>();

  constructor(log: ServerContext['log']) {
    this.#log = log;
  }

  async run(who: string, work: () => Promise<void>): Promise<void> {
    if (this.#turns.has(who)) {
      this.#turns.set(who, work);
      return;
    }
    this.#turns.set(who, null);
    setTimeout(() => this.#next(who), TURN_MS).unref();
    await work();
  }

  #next(who: string): void {
    const work = this.#turns.get(who);
    this.#turns.delete(who);
    if (!work) return;
    this.run(who, work).catch((error: unknown) =>
      this.#log.error({ err: error, who }, 'what a gateway said was not written down'),
    );
  }
}
