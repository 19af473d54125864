import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { writeFileAtomic } from '../../src-node/atomic-file.ts';
import { inTurn } from '../../src-node/in-turn.ts';

const stateSchema = z.object({
  dns: z.object({ manager: z.enum(['resolved', 'resolvconf']), interfaceName: z.string() }).nullable(),
});
export type HelperState = z.infer<typeof stateSchema>;

const NOTHING: HelperState = { dns: null };

/**
 * What is in force and would outlive this process, on disk before it is set, so that the next start can undo it.
 * The interface, its addresses and routes die with the process; rules and routes without an interface carry our mark and are removed at every start.
 */
export class StateFile {
  readonly #path: string;
  #state: HelperState = NOTHING;
  readonly #inTurn = inTurn();

  constructor(path: string) {
    this.#path = path;
  }

  /** What the last process left. Rejects when the file is there but not to be understood. */
  async read(): Promise<HelperState> {
    const text = await readFile(this.#path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (text !== null) this.#state = stateSchema.parse(JSON.parse(text));
    return this.#state;
  }

  /** Resolves when it is on disk; changes are written one after another. */
  update(change: Partial<HelperState>): Promise<void> {
    this.#state = { ...this.#state, ...change };
    const content = JSON.stringify(this.#state);
    return this.#inTurn(() => writeFileAtomic(this.#path, content));
  }
}
