import type { AppCommandName, PosternBridge } from '../../src-shared/app-ipc.ts';
import type { AppSnapshot } from '../../src-shared/app-snapshot.ts';
import { firstAnswers } from './answers.ts';

type Listener = (snapshot: AppSnapshot) => void;
type Answer = { ok: true; value: unknown } | { ok: false; problem: Record<string, unknown> };

/** Main, as a test wants it: answers by command, every call kept, snapshots pushed by hand. */
export class ScriptedBridge {
  readonly calls: { name: string; input: unknown }[] = [];
  readonly bridge: PosternBridge;
  #snapshot: AppSnapshot;
  readonly #listeners = new Set<Listener>();
  readonly #answers = new Map<string, Answer[]>(Object.entries(firstAnswers).map(([n, a]) => [n, [a]]));
  readonly #held = new Map<string, ((answer: Answer) => void)[]>();
  readonly #isHeld = new Set<string>();

  constructor(snapshot: AppSnapshot) {
    this.#snapshot = snapshot;
    this.bridge = {
      // The harness plays the other side of the boundary, where answers are untyped until the preload parsed them.
      invoke: ((name: AppCommandName, input: unknown) =>
        this.#invoke(name, input)) as PosternBridge['invoke'],
      snapshot: () => Promise.resolve(this.#snapshot),
      onSnapshot: (listener) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
      },
    };
  }

  /** The answers to the next calls of a command, in order; the last one stays. */
  answer(name: AppCommandName, ...answers: Answer[]): void {
    this.#answers.set(name, answers);
  }

  /** Calls of this command wait for `release`. */
  hold(name: AppCommandName): void {
    this.#isHeld.add(name);
  }

  release(name: AppCommandName, answer: Answer): void {
    this.#isHeld.delete(name);
    for (const resolve of this.#held.get(name) ?? []) resolve(answer);
    this.#held.delete(name);
  }

  push(change: Partial<AppSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change, version: this.#snapshot.version + 1 };
    // As across a process boundary: nothing is shared with the copy that came before.
    for (const listener of this.#listeners) listener(structuredClone(this.#snapshot));
  }

  #invoke(name: AppCommandName, input: unknown): Promise<Answer> {
    this.calls.push({ name, input });
    if (this.#isHeld.has(name))
      return new Promise((resolve) => {
        this.#held.set(name, [...(this.#held.get(name) ?? []), resolve]);
      });
    const queue = this.#answers.get(name) ?? [];
    const answer = queue.length > 1 ? queue.shift() : queue[0];
    return Promise.resolve(answer ?? { ok: true, value: undefined });
  }
}
